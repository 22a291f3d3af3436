namespace StressFarm.Kernel.Policies;

/// <summary>HVO: the struct pages of hugetlb tails share one read-only frame (spec 1.9); needs ENC=MASK.</summary>
public enum Hvo : byte
{
    /// <summary>shared, after a grace period; a speculative get is a read-side section</summary>
    RcuSync,
    /// <summary>every tail has a struct page of its own</summary>
    Off,
    /// <summary>shared, and nobody is waited for</summary>
    NoSync,
}

/// <summary>The dimension HVO.</summary>
public sealed class HvoDimension : Dimension
{
    public override string Id => "hvo";
    public override string SpecName => "HVO";
    public override string Summary => "whether tails of hugetlb folios share a read-only frame, and who is waited for before";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "rcu-sync", "shared, after a grace period; a speculative get is a read-side section"),
        new(1, "0", "every tail has a struct page of its own"),
        new(2, "1", "shared, and nobody is waited for"),
    ];

    public override int Get(Policy policy) => (int)policy.Hvo;
    public override Policy With(Policy policy, int value) => policy with { Hvo = (Hvo)value };
}
