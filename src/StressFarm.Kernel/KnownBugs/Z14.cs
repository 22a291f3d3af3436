namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z14.</summary>
public sealed class Z14 : KnownBug
{
    public override string Id => "Z14";
    public override string Title => "planted: a split freezes the refcount it reads";
    public override string Source => "synthetic";
    public override string Mechanism => "the freeze expects whatever the count is instead of the one reference it owns, so a stray reference is frozen away and its put underflows";
    public override IReadOnlyList<string> Invariants => ["I23", "I22"];
    public override string Workload => "folio-split";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.FreezeCurrentCount };
}
