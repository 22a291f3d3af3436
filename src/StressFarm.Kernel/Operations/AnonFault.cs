namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: slot, C: order; D: 1 maps it by a PMD entry.</summary>
public sealed class AnonFault : Operation
{
    public override string Id => "do_anonymous_page";
    public override string Summary => "faults an anonymous folio in";

    public override Op Run(Cpu cpu, OpCall call)
    {
        // There are no anonymous folios of order 1, and none beyond what one page table maps.
        int order = call.C == 1 ? 0 : Math.Min(call.C, cpu.Machine.Arena.PmdOrder);
        int slot = call.B & ~((1 << order) - 1);
        bool pmd = call.D == 1 && order == cpu.Machine.Arena.PmdOrder;
        return AnonMemory.Fault(cpu, call.A, slot, order, pmd);
    }
}
