namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z15b: a candidate as well, see docs/findings.md.</summary>
public sealed class Z15b : KnownBug
{
    public override string Id => "Z15b";
    public override string Title => "planted: the deferred split shrinker takes folios off its private list without a lock";
    public override string Source => "synthetic, after the order that spec 3.11 reads in v7.3";
    public override string Mechanism => "list_del_init() writes next and then prev: in between a zap that marks the folio partially mapped sees it on no list and queues it, and prev is then overwritten";
    public override IReadOnlyList<string> Invariants => ["I38"];
    public override string Workload => "deferred-split";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.ScanDeletesUnlocked };
}
