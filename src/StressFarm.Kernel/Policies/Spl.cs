namespace StressFarm.Kernel.Policies;

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
    /// <summary>a split that is not uniform stores its intermediate parts in the page cache (Z03)</summary>
    XaIntermediate,
    /// <summary>readers of migration entries have no barrier that pairs with the split's (Z05)</summary>
    NoRmb,
}

/// <summary>The dimension SPL.</summary>
public sealed class SplDimension : Dimension
{
    public override string Id => "spl";
    public override string SpecName => "SPL";
    public override string Summary => "discipline of split and freeze";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "today", "freeze, split, unfreeze new folios, original last"),
        new(1, "nofreeze", "the freeze (S8) is skipped"),
        new(2, "early-unfreeze", "a new folio is unfrozen before the device callback (T9)"),
        new(3, "orig-first", "the original is unfrozen before its siblings"),
        new(4, "xa-intermediate", "a split that is not uniform stores its intermediate parts in the page cache (Z03)"),
        new(5, "normb", "readers of migration entries have no barrier that pairs with the split's (Z05)"),
    ];

    public override int Get(Policy policy) => (int)policy.Spl;
    public override Policy With(Policy policy, int value) => policy with { Spl = (Spl)value };
}
