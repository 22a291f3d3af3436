namespace StressFarm.Kernel.Operations;

/// <summary>Copies page table entries from a parent to a child, slot by slot.</summary>
public abstract class Fork : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm, meaning: "the parent"), s_slot = new(Domain.Slot, meaning: "the first of them"),
        s_count = new(Domain.Slots, "count", "how many", usual: 1), s_child = new(Domain.Mm, "child", "an mm after the parent's", usual: 1);

    public sealed override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_count, s_child);

    public static OpCall Call<T>(int mm, int slot, int count = 1, int child = 1) where T : Fork, new() => new(Operation<T>.Instance, mm, slot, count, child);

    public sealed override async Op Run(Cpu cpu, OpCall call)
    {
        int parent = call[s_mm], child = call[s_child];
        if (child <= parent || child >= Geometry.MaxMms) return;
        await ForkCopy.AnonVmaFork(cpu, child);
        int first = call[s_slot], end = first + CutToMm(cpu, first, call[s_count]);
        for (int slot = first; slot < end; slot++) await Copy(cpu, parent, child, slot);
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
    public override Premises PremisesOf(OpCall call) => Premises.Shares;

    protected override async Op Copy(Cpu cpu, int parent, int child, int slot)
    {
        await ForkCopy.Slot(cpu, parent, child, slot);
        await ForkNonPresent.Slot(cpu, parent, child, slot);
    }
}
