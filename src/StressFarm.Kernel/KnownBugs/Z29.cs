namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z29.</summary>
public sealed class Z29 : KnownBug
{
    public override string Id => "Z29";
    public override string Title => "mm/hugetlb: fix memfd_pin_folios free_huge_pages leak";
    public override string Source => "c56b6f3d801d7ec8965993342bdd9e2972b6cb8e; sibling 26a8ea80929c";
    public override string Mechanism => "the reference of the allocation is kept when the folio goes to the file and is pinned: it never comes back to the pool";
    public override IReadOnlyList<string> Invariants => ["I21", "I18"];
    public override string Workload => "hugetlb";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.MemfdKeepsReference };
}
