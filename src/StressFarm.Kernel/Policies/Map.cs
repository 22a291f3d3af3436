namespace StressFarm.Kernel.Policies;

/// <summary>MAP: page tables versus pages that are no folio (spec 4.3).</summary>
public enum Map : byte
{
    /// <summary>insert and zap account rmap for any page</summary>
    Today,
    /// <summary>refs only for what is no rmappable folio; no rmap</summary>
    Skip,
    /// <summary>vm_normal_folio() returns NULL for what is no folio</summary>
    VnfFail,
    /// <summary>vm_insert_page(s) refuses compound pages that are no folio</summary>
    VipForbid,
    /// <summary>drivers allocate order-0 pages for mmap</summary>
    Order0,
    /// <summary>drivers map pfns: special entries without reference and rmap, which the driver revokes before it frees</summary>
    PfnMap,
}

/// <summary>The dimension MAP.</summary>
public sealed class MapDimension : Dimension
{
    public override string Id => "map";
    public override string SpecName => "MAP";
    public override string Summary => "page tables versus pages that are no folio";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "today", "insert and zap account rmap for any page"),
        new(1, "skip", "refs only for what is no rmappable folio; no rmap"),
        new(2, "vnf-fail", "vm_normal_folio() returns NULL for what is no folio"),
        new(3, "vip-forbid", "vm_insert_page(s) refuses compound pages that are no folio"),
        new(4, "order0", "drivers allocate order-0 pages for mmap"),
        new(5, "pfnmap", "drivers map pfns: special entries without reference and rmap, which the driver revokes before it frees"),
    ];

    public override int Get(Policy policy) => (int)policy.Map;
    public override Policy With(Policy policy, int value) => policy with { Map = (Map)value };
}
