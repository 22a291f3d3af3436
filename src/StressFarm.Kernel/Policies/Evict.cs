namespace StressFarm.Kernel.Policies;

/// <summary>EVICT: how migrate_device_range() walks (spec 3.12, 4.6).</summary>
public enum Evict : byte
{
    /// <summary>reference first; order read before any put; never advances by 0</summary>
    Fixed,
    /// <summary>v7.3: folio and order read without a reference</summary>
    K73,
}

/// <summary>The dimension EVICT.</summary>
public sealed class EvictDimension : Dimension
{
    public override string Id => "evict";
    public override string SpecName => "EVICT";
    public override string Summary => "how migrate_device_range() walks";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "fixed", "reference first; order read before any put; never advances by 0"),
        new(1, "k73", "v7.3: folio and order read without a reference"),
    ];

    public override int Get(Policy policy) => (int)policy.Evict;
    public override Policy With(Policy policy, int value) => policy with { Evict = (Evict)value };
}
