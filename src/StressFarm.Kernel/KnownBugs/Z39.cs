namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z39.</summary>
public sealed class Z39 : KnownBug
{
    public override string Id => "Z39";
    public override string Title => "planted: GUP=FAIL asks what the page is before it holds a reference";
    public override string Source => "synthetic";
    public override string Mechanism => "large_rmappable is read, the page is freed and allocated anew, and the reference is taken on what it has become";
    public override IReadOnlyList<string> Invariants => ["I15"];
    public override string Workload => "gup-pin";
    public override Policy Plant(Policy policy) => policy with { Gup = Gup.Fail, Deviations = policy.Deviations | Deviation.GupPredicateBeforeRef };
}
