namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z20.</summary>
public sealed class Z20 : KnownBug
{
    public override string Id => "Z20";
    public override string Title => "mm/hugetlb_vmemmap: fix race with speculative PFN walkers";
    public override string Source => "bd225530a4c717714722c3731442b78954c765b3";
    public override string Mechanism => "a walker reads a refcount that is not zero; the page is freed, becomes a tail of an optimised hugetlb folio and read-only; the walker's exchange faults";
    public override IReadOnlyList<string> Invariants => ["I50"];
    public override string Workload => "hugetlb";
    public override Policy Plant(Policy policy) => policy with { Hvo = Hvo.NoSync };
}
