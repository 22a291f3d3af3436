namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z37.</summary>
public sealed class Z37 : KnownBug
{
    public override string Id => "Z37";
    public override string Title => "planted: new device folios are unfrozen before the split callback";
    public override string Source => "synthetic";
    public override string Mechanism => "the refcount is set before the callback restores pgmap, which clear_compound_head() destroyed: a getter in between finds no pgmap";
    public override IReadOnlyList<string> Invariants => ["I48", "I25"];
    public override string Workload => "folio-split";
    public override Policy Plant(Policy policy) => policy with { Spl = Spl.EarlyUnfreeze };
}
