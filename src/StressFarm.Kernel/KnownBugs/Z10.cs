namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z10.</summary>
public sealed class Z10 : KnownBug
{
    public override string Id => "Z10";
    public override string Title => "mm/huge_memory: fix early failure try_to_migrate() when split huge pmd for shared THP";
    public override string Source => "939080834fef3ce42fdbcfef33fd29c9ffe5bbed";
    public override string Mechanism => "the rmap walk ends with the first mm whose PMD entry it splits: a folio that several mms share stays mapped, and its split fails whenever it is tried";
    public override IReadOnlyList<string> Invariants => ["I57b"];
    public override string Workload => "migration";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.UnmapStopsAfterFirstMm };
}
