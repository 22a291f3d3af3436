namespace StressFarm.Extending;

/// <summary>XI01.</summary>
public sealed class StepWithinBlock : Invariant
{
    public override string Id => "XI01";
    public override string Statement => "a walk steps over no more than a block of MAX_PAGE_ORDER";
    public override When When => When.Always;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Added];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.A != ReadPageOwner.Skipped || moment.B <= Geometry.MaxOrder) return;
        judge.Violate(this, moment.Cpu, moment.Pfn, new Page(moment.Pfn).Private.Low.Index, "private",
            $"an order up to {Geometry.MaxOrder}", $"{moment.B}", $"page {moment.Pfn} is stepped over as a free block of order {moment.B}");
    }
}
