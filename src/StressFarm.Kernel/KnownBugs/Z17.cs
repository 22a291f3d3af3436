namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z17.</summary>
public sealed class Z17 : KnownBug
{
    public override string Id => "Z17";
    public override string Title => "mm: turn folio_test_hugetlb into a PageType";
    public override string Source => "d99e3140a4d33e26066183ff727d8f02f56bec64";
    public override string Mechanism => "\"is hugetlb\" is PG_head and then bit 8 of page[1]; between the two reads a split makes page[1] a folio of its own, and bit 8 is its PG_active";
    public override IReadOnlyList<string> Invariants => ["I19b"];
    public override string Workload => "hugetlb";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.HugetlbFlagInSecondPage };
}
