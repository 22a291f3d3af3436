namespace StressFarm.Kernel.Workloads;

/// <summary>
/// The scenes of <see cref="Everything"/>: the calls of one guest against those of others, with one value of each argument. What a guest's calls do among
/// themselves is in that guest's scope; those that come alone have no scene here.
/// </summary>
internal static class GuestTurns
{
    private static readonly string[] s_anon = ["do_anonymous_page mm=0 slot=4 order=2", "zap_pte_range mm=0 slot=0 count=4", "copy_page_range mm=0 slot=0 count=4"];

    private static readonly string[] s_gup =
    [
        "pin_user_pages_fast mm=0 slot=1 handle=6; unpin_user_pages handle=6",
        "pin_user_pages mm=0 slot=1 handle=6; unpin_user_pages handle=6",
        "get_user_pages_fast mm=0 slot=1 handle=6; unpin_user_pages handle=6",
    ];

    private static readonly string[] s_driver =
    [
        "driver_alloc_pages handle=0 producer=ring-buffer order=1; driver_mmap mm=0 slot=6 handle=0 count=2",
        "driver_alloc_pages handle=0 producer=io-uring order=1; driver_free_pages handle=0",
        "driver_mmap mm=0 slot=6 handle=0 count=2 setup=1",
        "page_rmappable_folio handle=0",
    ];

    private static readonly string[] s_split = ["split_huge_page mm=0 slot=1", "folio_split mm=0 slot=0 order=0", "zap_nonpresent_ptes mm=0 slot=1 count=2"];

    /// <summary>Of guests whose other calls many have.</summary>
    private static readonly string[] s_few =
    [
        "page_rmappable_folio handle=0", "zap_nonpresent_ptes mm=0 slot=1 count=2", "driver pfn walk page=0 count=1 handle=9; zone_device_page_put handle=9",
    ];

    private static readonly string[] s_slab = ["kmalloc_new handle=2 order=1; kfree handle=2", "kmalloc_new handle=2 order=1; kmalloc handle=2", .. MixTurns.Blocks];

    private static readonly string[] s_walks = ["page_idle pfn=0", "compaction pfn=0 count=4", "kpageflags pfn=0", "filemap_get_entry pfn=0", "offline_pages pfn=0 count=4"];

    private static readonly string[] s_cache =
    [
        "filemap_get_folio handle=6 mapping=0 index=1; folio_put handle=6",
        "filemap_add_folio mapping=0 index=2 order=1",
        "truncate_pagecache mapping=0 size=1",
        "filemap_fault mm=0 mapping=0 index=0 count=2",
        "split_huge_pages_in_file mapping=0 index=1",
        "split_huge_pages_all pfn=0 count=1",
        "folio_migrate_mapping pfn=0 count=7",
        "shmem_writeout index=0",
        "folio_alloc_swap mm=0 slot=0",
        "folio_free_swap entry=0",
    ];

    private static readonly string[] s_unlocked =
    [
        "zone_device_folio_init handle=9 order=2; migrate_vma_insert_page handle=9 mm=0 slot=8 pmd=1",
        "zone_device_folio_init handle=9 order=1; zone_device_page_put handle=9",
        "do_swap_page (device private) mm=0 slot=8",
        "migrate_device_range page=0 count=4",
        "migrate_vma_split_unmapped_folio mm=0 slot=0",
    ];

    private static readonly string[] s_moves =
    [
        "migrate_pages mm=0 slot=0",
        "migrate_vma_pages mm=0 slot=0 compound=1",
        "do_swap_page (device private, shared) mm=0 slot=0",
        "migrate_vma_insert_huge_pmd_page mm=0 slot=8",
        "khugepaged mm=0 slot=0",
        "dup_mmap mm=0 slot=0 count=4",
        "do_wp_page mm=0 slot=0",
        "pin_user_pages_fast (FOLL_LONGTERM) handle=0 mm=0 slot=0; unpin_user_pages handle=0",
        "split_huge_pmd mm=0 slot=0",
    ];

    private static readonly string[] s_deferred = ["deferred_split_scan memcg=0", "do_huge_pmd_anonymous_page mm=0 slot=4", "mem_cgroup_move_account mm=0 slot=0 memcg=1"];

    private static readonly string[] s_dax = ["dax_iomap_fault mm=0 entry=0 order=1", "dax_delete_mapping_entry entry=0", "dax_folio_make_shared entry=0 later=1", "driver pfn walk page=0"];

    private static readonly string[] s_sections =
    [
        "offline_pages (section) section=0",
        "offline_pages (section) section=3; remove_memory section=3",
        "remove_memory section=0",
        "online_pages section=3",
        "pfn_to_online_page pfn=0 count=2",
        "memunmap_pages",
        "get_dev_pagemap page=0",
        "migrate_vma_pages mm=0 slot=0 compound=1",
        "do_swap_page (device private, shared) mm=0 slot=0",
    ];

    /// <summary>What any guest may find beside it.</summary>
    private static readonly string[] s_any = [.. s_anon, .. s_gup, .. s_split, .. s_driver];
    private static readonly string[] s_byPfn = [.. s_any, .. s_slab, .. s_walks];

    private const string Folios = "do_anonymous_page mm=0 slot=0 order=2 pmd=1; driver_alloc_pages handle=0 producer=af-packet order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1",
        Files = "truncate_pagecache mapping=0 size=4; filemap_add_folio mapping=0 index=0 order=1", Device = "driver_devmem_init order=2 count=1";

    public static IEnumerable<Scene> Scenes =>
    [
        // Device-private memory that one mm has, without a lock.
        new(new Arena(Scene.Cpus, 4, 2, 2), [$"{Device}; {Folios}; {Files}"], [.. s_cache, .. s_few], [.. s_byPfn, .. s_unlocked]),
        // Several mms that have it.
        new(new Arena(Scene.Cpus, 4, 2, 2, Memcgs: 2), [$"{Device}; cma_init_reserved_mem block=0 count=1; {Folios}; {Files}"], [.. s_moves, .. s_deferred], [.. s_byPfn, .. s_cache, .. s_deferred]),
        new(new Arena(Scene.Cpus, 4, 3, 3, Memcgs: 2), [$"memremap_pages (fs-dax) anew=1; driver_devmem_init order=3 count=1; {Folios}; {Files}"], s_dax,
            [.. s_byPfn, .. s_cache, .. s_deferred, "migrate_pages mm=0 slot=0", "split_huge_pmd mm=0 slot=0"]),
        new(new Arena(Scene.Cpus, 4, 2, 2, SectionOrder: 2), [$"{Device}; {Folios}"], s_sections, s_any),
    ];
}
