namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: first slot, C: how many.</summary>
public sealed class ZapSlots : Operation
{
    public override string Id => "zap_pte_range";
    public override string Summary => "unmaps slots, as munmap() does";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        for (int i = 0; i < call.C; i++) await Zap.Slot(cpu, call.A, call.B + i);
    }
}
