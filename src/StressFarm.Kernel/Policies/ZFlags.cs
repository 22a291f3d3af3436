namespace StressFarm.Kernel.Policies;

/// <summary>ZFLAGS: page flags ZINIT clears (spec I43b).</summary>
public enum ZFlags : byte
{
    /// <summary>the low byte, as in v7.3</summary>
    K73,
    /// <summary>all of CHECK_AT_PREP, and private</summary>
    Clear,
}

/// <summary>The dimension ZFLAGS.</summary>
public sealed class ZFlagsDimension : Dimension
{
    public override string Id => "zflags";
    public override string SpecName => "ZFLAGS";
    public override string Summary => "page flags ZINIT clears (spec I43b)";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "k73", "the low byte, as in v7.3"),
        new(1, "clear", "all of CHECK_AT_PREP, and private"),
    ];

    public override int Get(Policy policy) => (int)policy.ZFlags;
    public override Policy With(Policy policy, int value) => policy with { ZFlags = (ZFlags)value };
}
