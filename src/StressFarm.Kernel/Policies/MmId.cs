namespace StressFarm.Kernel.Policies;

/// <summary>MM_ID: whether large folios remember which mms map them (spec 1.7).</summary>
public enum MmId : byte
{
    /// <summary>two slots and a "maybe mapped shared" bit</summary>
    On,
    /// <summary>_large_mapcount alone, as without THP</summary>
    Off,
}

/// <summary>The dimension MM_ID.</summary>
public sealed class MmIdDimension : Dimension
{
    public override string Id => "mm-id";
    public override string SpecName => "MM_ID";
    public override string Summary => "whether large folios remember which mms map them";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "1", "two slots and a \"maybe mapped shared\" bit"),
        new(1, "0", "_large_mapcount alone, as without THP"),
    ];

    public override int Get(Policy policy) => (int)policy.MmId;
    public override Policy With(Policy policy, int value) => policy with { MmId = (MmId)value };
}
