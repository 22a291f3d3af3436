namespace StressFarm.Kernel.Workloads;

/// <summary>What scopes take of the calls of <see cref="HugetlbEntries"/>, by subject: a hugetlb folio has eight pages, and a vmemmap page four struct pages.</summary>
internal static class HugetlbTurns
{
    private const int HugeOrder = 3;

    /// <summary>The smallest there is.</summary>
    /// <param name="spare">orders that the memory is larger than a hugetlb folio</param>
    public static Arena Arena(int spare) => new(Scene.Cpus, HugeOrder + spare, -1, HugeOrder, HugeOrder: HugeOrder, VmemmapOrder: Cells.MinVmemmapOrder);

    public static string[] Pool { get; } =
    [
        "nr_hugepages_grow",
        "nr_hugepages_shrink hstate=0/1",
        "alloc_hugetlb_folio handle=11 hstate=0/1; free_huge_folio handle=11",
        "memfd_pin_folios handle=11; free_huge_folio handle=11",
        "demote_pool_huge_page",
        "dissolve_free_hugetlb_folio pfn=0",
        "vmemmap_pressure handle=13 count=1; free_huge_folio handle=13",
        "drain_local_pages",
    ];

    public static string[] Maps { get; } =
    [
        "hugetlb_fault mm=2 table=0",
        "zap_pte_range mm=2 slot=0",
        "huge_pmd_share mm=2",
        "huge_pmd_unshare mm=2",
    ];

    public static string[] Poison { get; } =
    [
        "memory_failure pfn=0/1",
        "memory_failure pfn=0; unpoison_memory pfn=0",
        "unpoison_memory pfn=0",
    ];
}
