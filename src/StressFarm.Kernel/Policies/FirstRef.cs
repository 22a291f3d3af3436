namespace StressFarm.Kernel.Policies;

/// <summary>FIRST_REF: whether A9 orders what was written before it; tells designs apart under MM=WEAK only.</summary>
public enum FirstRef : byte
{
    /// <summary>a release: whoever gets a reference sees what PREP_COMPOUND wrote</summary>
    Release,
    /// <summary>v7.3: set_page_refcounted() is a plain store</summary>
    Plain,
}

/// <summary>The dimension FIRST_REF.</summary>
public sealed class FirstRefDimension : Dimension
{
    public override string Id => "first-ref";
    public override string SpecName => "FIRST_REF";
    public override string Summary => "whether the first reference orders what was written before it (MM=WEAK)";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "release", "whoever gets a reference sees what PREP_COMPOUND wrote"),
        new(1, "plain", "v7.3: set_page_refcounted() is a plain store"),
    ];

    public override int Get(Policy policy) => (int)policy.FirstRef;
    public override Policy With(Policy policy, int value) => policy with { FirstRef = (FirstRef)value };
}
