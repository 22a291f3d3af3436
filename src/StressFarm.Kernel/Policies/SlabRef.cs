namespace StressFarm.Kernel.Policies;

/// <summary>SLAB_REF: refcount of slab pages in use (spec 3.14).</summary>
public enum SlabRef : byte
{
    /// <summary>0: frozen</summary>
    Frozen,
    /// <summary>1, as in v6.12</summary>
    Counted,
}

/// <summary>The dimension SLAB_REF.</summary>
public sealed class SlabRefDimension : Dimension
{
    public override string Id => "slab-ref";
    public override string SpecName => "SLAB_REF";
    public override string Summary => "refcount of slab pages in use";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "0", "0: frozen"),
        new(1, "1", "1, as in v6.12"),
    ];

    public override int Get(Policy policy) => (int)policy.SlabRef;
    public override Policy With(Policy policy, int value) => policy with { SlabRef = (SlabRef)value };
}
