namespace StressFarm.Simulation;

/// <summary>A: parent mm, B: first slot, C: how many, D: child mm, greater than the parent.</summary>
public sealed class ForkSlots : Operation
{
    public override string Id => "copy_page_range";
    public override string Summary => "copies page table entries to another mm, as fork() does";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (call.D <= call.A || call.D >= Geometry.MaxMms) return;
        await ForkCopy.AnonVmaFork(cpu, call.D);
        for (int slot = call.B; slot < Math.Min(call.B + call.C, Geometry.SlotsPerMm); slot++)
            await ForkCopy.Slot(cpu, call.A, call.D, slot);
    }
}
