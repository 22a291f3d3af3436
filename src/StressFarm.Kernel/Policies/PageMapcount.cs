namespace StressFarm.Kernel.Policies;

/// <summary>PAGE_MAPCOUNT: whether each page of a large folio counts its mappings (spec 3.7).</summary>
public enum PageMapcount : byte
{
    /// <summary>_mapcount per page, _nr_pages_mapped per folio</summary>
    On,
    /// <summary>CONFIG_NO_PAGE_MAPCOUNT: _large_mapcount and _entire_mapcount only</summary>
    Off,
}

/// <summary>The dimension PAGE_MAPCOUNT.</summary>
public sealed class PageMapcountDimension : Dimension
{
    public override string Id => "page-mapcount";
    public override string SpecName => "PAGE_MAPCOUNT";
    public override string Summary => "whether each page of a large folio counts its mappings";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "1", "_mapcount per page, _nr_pages_mapped per folio"),
        new(1, "0", "CONFIG_NO_PAGE_MAPCOUNT: _large_mapcount and _entire_mapcount only"),
    ];

    public override int Get(Policy policy) => (int)policy.PageMapcount;
    public override Policy With(Policy policy, int value) => policy with { PageMapcount = (PageMapcount)value };
}
