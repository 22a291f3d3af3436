namespace StressFarm.Kernel.Policies;

/// <summary>REF_BEFORE_PREP: when the first reference exists relative to PREP_COMPOUND (spec 3.1).</summary>
public enum RefBeforePrep : byte
{
    /// <summary>v7.3: after, but for ZINIT</summary>
    K73,
    /// <summary>v6.12: before, in the buddy allocator too</summary>
    Always,
}

/// <summary>The dimension REF_BEFORE_PREP.</summary>
public sealed class RefBeforePrepDimension : Dimension
{
    public override string Id => "ref-before-prep";
    public override string SpecName => "REF_BEFORE_PREP";
    public override string Summary => "when the first reference exists relative to PREP_COMPOUND";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "k73", "v7.3: after, but for ZINIT"),
        new(1, "always", "v6.12: before, in the buddy allocator too"),
    ];

    public override int Get(Policy policy) => (int)policy.RefBeforePrep;
    public override Policy With(Policy policy, int value) => policy with { RefBeforePrep = (RefBeforePrep)value };
}
