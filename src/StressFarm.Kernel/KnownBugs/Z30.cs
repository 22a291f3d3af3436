namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z30.</summary>
public sealed class Z30 : KnownBug
{
    public override string Id => "Z30";
    public override string Title => "planted: a page becomes a rmappable folio between its pin and its unpin";
    public override string Source => "synthetic";
    public override string Mechanism => "under GUP=BIAS a pin of what is no folio weighs 1024 in the refcount; the page is made rmappable, and the unpin takes 1 from _pincount and 1 from the refcount";
    public override IReadOnlyList<string> Invariants => ["I26", "I22"];
    public override string Workload => "driver-pin";
    public override Policy Plant(Policy policy) => policy with { Gup = Gup.Bias, Deviations = policy.Deviations | Deviation.RmappableFlip };
}
