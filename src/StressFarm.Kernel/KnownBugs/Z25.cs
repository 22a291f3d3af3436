namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z25.</summary>
public sealed class Z25 : KnownBug
{
    public override string Id => "Z25";
    public override string Title => "mm/memory-failure: fix handling of dissolved but not taken off from buddy pages";
    public override string Source => "8cf360b9d6a840700e06864236a01a883b34bbad";
    public override string Mechanism => "a page of a dissolved folio is held as taken off the free lists, although somebody else has allocated it meanwhile";
    public override IReadOnlyList<string> Invariants => ["I52"];
    public override string Workload => "hwpoison";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.DissolvedMeansTakenOff | Deviation.PoisonAsRead };
}
