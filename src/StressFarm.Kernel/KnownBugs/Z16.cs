namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z16.</summary>
public sealed class Z16 : KnownBug
{
    public override string Id => "Z16";
    public override string Title => "mm/hugetlb: fix kernel NULL pointer dereference when migrating hugetlb folio";
    public override string Source => "f708f6970cc9d6bac71da45c129482092e710537";
    public override string Mechanism => "hugetlb folios are marked large_rmappable and keep words of their own where _deferred_list lies: whoever unqueues them follows what is no list";
    public override IReadOnlyList<string> Invariants => ["I38"];
    public override string Workload => "hugetlb";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.HugetlbOverDeferredList };
}
