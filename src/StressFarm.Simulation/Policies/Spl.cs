namespace StressFarm.Simulation;

/// <summary>SPL: discipline of split and freeze (spec 4.5).</summary>
public enum Spl : byte
{
    /// <summary>freeze, split, unfreeze new folios, original last</summary>
    Today,
    /// <summary>the freeze (S8) is skipped</summary>
    NoFreeze,
    /// <summary>a new folio is unfrozen before the device callback (T9)</summary>
    EarlyUnfreeze,
    /// <summary>the original is unfrozen before its siblings</summary>
    OrigFirst,
}

/// <summary>The dimension SPL.</summary>
public sealed class SplDimension : Dimension
{
    public override string Id => "spl";
    public override string SpecName => "SPL";
    public override string Summary => "discipline of split and freeze (spec 4.5)";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "today", "freeze, split, unfreeze new folios, original last"),
        new(1, "nofreeze", "the freeze (S8) is skipped"),
        new(2, "early-unfreeze", "a new folio is unfrozen before the device callback (T9)"),
        new(3, "orig-first", "the original is unfrozen before its siblings (without a page cache nothing can tell)"),
    ];

    public override int Get(Policy policy) => (int)policy.Spl;
    public override Policy With(Policy policy, int value) => policy with { Spl = (Spl)value };
}
