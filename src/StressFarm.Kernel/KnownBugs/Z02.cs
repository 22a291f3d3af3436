namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z02.</summary>
public sealed class Z02 : KnownBug
{
    public override string Id => "Z02";
    public override string Title => "mm/zone_device: do not touch device folio after calling ->folio_free()";
    public override string Source => "39928984956037cabd304321cb8f342e47421db5";
    public override string Mechanism => "free_zone_device_folio() reads folio->pgmap after folio_free(); the page may by then be a tail of another CPU's folio, and word 8 its tail marker";
    public override IReadOnlyList<string> Invariants => ["I46", "I14"];
    public override string Workload => "device-private-reinit";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.PgmapReadAfterFolioFree };
}
