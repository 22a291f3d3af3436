namespace StressFarm.Extending;

/// <summary>ORDER-READ: what a walk makes of page->private of a page that it saw in the buddy.</summary>
public enum OrderRead : byte
{
    /// <summary>read without the zone lock, believed up to MAX_PAGE_ORDER, as in v7.3</summary>
    Bounded,
    /// <summary>read under the zone lock</summary>
    Locked,
    /// <summary>read without the zone lock and believed</summary>
    Raw,
}

/// <summary>The dimension ORDER-READ.</summary>
public sealed class OrderReadDimension : Dimension
{
    private const ulong Bits = 3;

    public override string Id => "order-read";
    public override string SpecName => "ORDER-READ";
    public override string Summary => "what page_owner's walk makes of a free block's order";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "bounded", "read without the zone lock, believed up to MAX_PAGE_ORDER"),
        new(1, "locked", "read under the zone lock"),
        new(2, "raw", "read without the zone lock and believed"),
    ];

    public static OrderRead Of(Policy policy) => (OrderRead)(policy.Added & Bits);
    public override int Get(Policy policy) => (int)Of(policy);
    public override Policy With(Policy policy, int value) => policy with { Added = (policy.Added & ~Bits) | (uint)value };
}
