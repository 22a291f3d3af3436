namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z19.</summary>
public sealed class Z19 : KnownBug
{
    public override string Id => "Z19";
    public override string Title => "mm: hugetlb: independent PMD page table shared count";
    public override string Source => "59d9094df3d79443937add8700b2ef1a866b1081, CVE-2024-57883";
    public override string Mechanism => "the refcount of a shared page table is read as the number of its sharers: with a walker's reference the last one believes in others and does not destroy it";
    public override IReadOnlyList<string> Invariants => ["I21c", "I21"];
    public override string Workload => "hugetlb";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.PmdSharersByRefcount };
}
