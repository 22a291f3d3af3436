namespace StressFarm.Kernel.Operations;

/// <summary>A: parent mm, B: first slot, C: how many, D: child mm, greater than the parent.</summary>
public abstract class Fork : Operation
{
    public sealed override async Op Run(Cpu cpu, OpCall call)
    {
        if (call.D <= call.A || call.D >= Geometry.MaxMms) return;
        await ForkCopy.AnonVmaFork(cpu, call.D);
        for (int slot = call.B; slot < Math.Min(call.B + call.C, Geometry.SlotsPerMm); slot++) await Copy(cpu, call.A, call.D, slot);
    }

    protected abstract Op Copy(Cpu cpu, int parent, int child, int slot);
}

public sealed class ForkSlots : Fork
{
    public override string Id => "copy_page_range";
    public override string Summary => "copies page table entries to another mm, as fork() does";
    protected override Op Copy(Cpu cpu, int parent, int child, int slot) => ForkCopy.Slot(cpu, parent, child, slot);
}

public sealed class ForkAll : Fork
{
    public override string Id => "dup_mmap";
    public override string Summary => "copies page table entries to another mm, present, migration and device-private ones";

    protected override async Op Copy(Cpu cpu, int parent, int child, int slot)
    {
        await ForkCopy.Slot(cpu, parent, child, slot);
        await ForkNonPresent.Slot(cpu, parent, child, slot);
    }
}
