namespace StressFarm.Kernel.Policies;

/// <summary>GUP: pins on pages that are no folio (spec 4.4).</summary>
public enum Gup : byte
{
    /// <summary>_pincount for large, bias for small</summary>
    Today,
    /// <summary>GUP fails on what is no folio; the predicate is read after the reference is held</summary>
    Fail,
    /// <summary>references only, no pin accounting</summary>
    RefOnly,
    /// <summary>the small-page bias on the head's refcount</summary>
    Bias,
}

/// <summary>The dimension GUP.</summary>
public sealed class GupDimension : Dimension
{
    public override string Id => "gup";
    public override string SpecName => "GUP";
    public override string Summary => "pins on pages that are no folio";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "today", "_pincount for large, bias for small"),
        new(1, "fail", "GUP fails on what is no folio; the predicate is read after the reference is held"),
        new(2, "refonly", "references only, no pin accounting"),
        new(3, "bias", "the small-page bias on the head's refcount"),
    ];

    public override int Get(Policy policy) => (int)policy.Gup;
    public override Policy With(Policy policy, int value) => policy with { Gup = (Gup)value };
}
