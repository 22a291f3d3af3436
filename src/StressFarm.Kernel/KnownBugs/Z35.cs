namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z35.</summary>
public sealed class Z35 : KnownBug
{
    public override string Id => "Z35";
    public override string Title => "mm/memremap: fix memunmap_pages() race with get_dev_pagemap()";
    public override string Source => "1e57ffb6e3fd9583268c6462c4e3853575b21701";
    public override string Mechanism => "pgmap->ref is given up while the pgmap can still be found: a getter uses a count that is gone";
    public override IReadOnlyList<string> Invariants => ["I53", "I47"];
    public override string Workload => "hotplug";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.PgmapRefExitsFirst };
}
