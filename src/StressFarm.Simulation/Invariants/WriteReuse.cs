namespace StressFarm.Simulation.Invariants;

/// <summary>I35b.</summary>
public sealed class ReusedPagesAreWritable : Invariant
{
    public override string Id => "I35b";
    public override string Statement => "a write fault that reuses a page leaves its entry writable and the page exclusive: otherwise the write faults for ever";
    public override When When => When.Locked;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "VM_BUG_ON(folio_test_anon && !PageAnonExclusive) in wp_page_reuse (partial)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.WriteReused];

    public override void On(Judge judge, in Moment moment)
    {
        var cell = new Word((int)moment.A);
        var entry = new PageTableEntry(judge.Memory[cell]);
        Word flags = new Page(moment.Pfn).Flags;
        bool exclusive = (judge.Memory[flags] & PageFlag.AnonExclusive) != 0, maps = entry.IsPresent && entry.IsWrite && entry.Pfn == moment.Pfn;
        if (maps && exclusive) return;
        judge.Violate(this, moment.Cpu, moment.Pfn, (maps ? flags : cell).Low.Index, maps ? "flags" : "pte", maps ? "PG_anon_exclusive" : "a writable entry", maps ? "not exclusive" : $"{entry}",
            $"page {moment.Pfn} is reused for a write and {(maps ? "not exclusive" : $"{judge.Machine.Cells.NameOf(cell)} is not writable")}");
    }
}
