namespace StressFarm.Kernel.Layouts;

/// <summary>
/// A member that the model keeps, as data: to be compared with what another kernel's BTF or DWARF says of it. Where it lies is computed
/// from the views that protocols use (<see cref="Page"/>, <see cref="Folio"/>), so the two cannot differ.
/// </summary>
/// <param name="Struct">the kernel's structure that has it: struct page's first 64 bytes are those of all its overlays</param>
/// <param name="Member">its name there</param>
/// <param name="Offset">in bytes from the structure's begin; of a folio past 64 in the struct pages that follow</param>
/// <param name="Size">in bytes</param>
public readonly record struct KernelField(string Struct, string Member, int Offset, int Size)
{
    private static readonly Page s_page = new(0);
    private static readonly Folio s_folio = new(0);

    /// <summary>By structure and offset. Sources: <c>include/linux/mm_types.h</c>, <c>mm/slab.h:struct slab</c>.</summary>
    public static IReadOnlyList<KernelField> All { get; } =
    [
        Of("page", "flags", s_page.Flags), Of("page", "compound_info", s_page.Info), Of("page", "lru", s_page.Lru, 16),
        Of("page", "pgmap", s_page.Pgmap), Of("page", "zone_device_data", s_page.ZoneDeviceData), Of("page", "mapping", s_page.Mapping),
        Of("page", "index", s_page.Index), Of("page", "private", s_page.Private), Of("page", "_mapcount", s_page.Mapcount),
        Of("page", "page_type", s_page.Type), Of("page", "_refcount", s_page.Refcount), Of("page", "memcg_data", s_page.MemcgData),
        Of("folio", "_flags_1", s_folio.SecondFlags), Of("folio", "_large_mapcount", s_folio.LargeMapcount),
        Of("folio", "_nr_pages_mapped", s_folio.NrPagesMapped), Of("folio", "_entire_mapcount", s_folio.EntireMapcount),
        Of("folio", "_pincount", s_folio.Pincount), Of("folio", "_mm_id_mapcount", s_folio.MmIdMapcount), Of("folio", "_mm_ids", s_folio.MmIds),
        Of("folio", "_nr_pages", s_folio.NrPages), Of("folio", "_deferred_list", s_folio.DeferredList, 16),
        Of("folio", "_hugetlb_subpool", s_folio.HugetlbSubpool), Of("folio", "_hugetlb_hwpoison", s_folio.HugetlbHwpoison),
        Of("slab", "slab_cache", s_page.Info), Of("slab", "slab_list", s_page.Prev, 16), Of("slab", "freelist", s_page.Index),
    ];

    private static KernelField Of(string structure, string member, Word at, int size = 8) => new(structure, member, at.Index * 8, size);
    private static KernelField Of(string structure, string member, Half at) => new(structure, member, at.Index * 4, 4);
}
