namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z07.</summary>
public sealed class Z07 : KnownBug
{
    public override string Id => "Z07";
    public override string Title => "mm/khugepaged: fix GUP-fast interaction by sending IPI";
    public override string Source => "2ba99c5e08812494bc57f319fb562f527d9bacd8";
    public override string Mechanism => "khugepaged takes a page table out without waiting for CPUs that walk it with IRQs off, and GUP-fast looks at the PTE alone again: it pins a page that is being collapsed away, or reads a table that is gone";
    public override IReadOnlyList<string> Invariants => ["I28", "I28b"];
    public override string Workload => "migration";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.CollapseWithoutIpi };
}
