using System.Reflection;

namespace StressFarm.Kernel.Layouts;

/// <summary>Where in the kernel a step id of the spec lives: shown in reports.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class AtAttribute(string source) : Attribute
{
    public string Source { get; } = source;
}

/// <summary>
/// Step ids: the spec's (section 3) with its spelling. Several accesses may carry one id. A member's source is that of the
/// nearest member above it which names one.
/// </summary>
public enum Step : ushort
{
    None,
    [At("program")] Start, Idle,
    // 3.1 buddy allocate
    [At("mm/page_alloc.c:rmqueue_buddy")] A1, A2, A3, A4, A5,
    [At("mm/page_alloc.c:rmqueue_pcplist")] PcpPop, PcpPush,
    [At("mm/page_alloc.c:check_new_pages")] A6,
    [At("mm/page_alloc.c:post_alloc_hook")] A7, A9,
    [At("mm/internal.h:page_rmappable_folio")] A10,
    // 3.2 PREP_COMPOUND
    [At("mm/page_alloc.c:prep_compound_page")] C1, C2, C3, C4, C5, C6, C7, C8,
    // 3.3 buddy free
    [At("mm/page_alloc.c:__free_pages_prepare")] F1, F2, F3, F4, F5, F6, F7, F8, F9, F10,
    [At("mm/page_alloc.c:free_one_page")] F11, F11Lock, F11Merge, F11Unlock,
    [At("mm/page_alloc.c:___free_pages")] FreePages,
    // 3.4 put
    [At("mm/swap.c:__folio_put")] P1, P2, P3, P4, P5,
    [At("include/linux/mm.h:folio_get")] Get,
    [At("include/linux/page_ref.h:folio_try_get")] TryGet,
    [At("mm/filemap.c:folio_lock")] FolioLock, FolioTryLock, FolioUnlock,
    [At("mm/swap.c:folio_add_lru")] LruAdd, LruLock, LruDel, LruUnlock,
    // 3.5, 3.6 device memory
    [At("mm/memremap.c:memremap_pages")] Memremap,
    [At("drivers: device memory allocator")] V1, V2, V3,
    [At("mm/memremap.c:zone_device_page_init")] PR1, PR2, PR3, Z1, Z2, Z3, Z4, Z5, Z6,
    [At("mm/memremap.c:free_zone_device_folio")] D1, D2, D3, D4, D5, D6, DReset,
    // 3.7 rmap
    [At("mm/rmap.c:folio_add_rmap_ptes")] RmapAdd, RmapNrPages,
    [At("mm/rmap.c:folio_remove_rmap_ptes")] RmapRemove,
    [At("include/linux/rmap.h:folio_set_large_mapcount")] LmLock, LmAdd, LmSub, LmSlot, LmUnlock,
    [At("mm/rmap.c:folio_add_new_anon_rmap")] NewAnon,
    // page tables
    [At("mm/memory.c: page table lock")] PtlLock, PtlUnlock,
    [At("mm/memory.c:do_anonymous_page")] SetPte, ReadPte, ClearPte,
    [At("mm/memory.c:zap_pte_range")] Zap,
    [At("mm/memory.c:copy_present_ptes")] ForkSeq, ForkCopy,
    // 3.8 vm_insert_page(s)
    [At("mm/memory.c:insert_page_into_pte_locked")] I1, I2, I3, I4, I5, I6,
    [At("mm/memory.c:set_pte_range")] FaultInsert,
    [At("mm/huge_memory.c:get_huge_zero_folio")] HugeZero,
    // 3.9 GUP
    [At("mm/gup.c:gup_fast_pte_range")] G1, G2,
    [At("mm/gup.c:try_grab_folio_fast")] G3, G3Recheck, G3Put, G4, G5, G6,
    [At("mm/gup.c:gup_fast_pte_range (recheck)")] G7, G7Undo, G8, G9,
    [At("mm/gup.c:gup_fast")] GupSeq,
    [At("mm/gup.c:try_grab_folio")] GupSlow, GupSlowPin,
    [At("mm/gup.c:gup_put_folio")] Unpin, UnpinRefs,
    // 3.10 split
    [At("mm/huge_memory.c:__folio_split")] S1, S2, S3, S4, S5, S6, S7,
    [At("mm/huge_memory.c:__folio_freeze_and_split_unmapped")] S8, S9, S10, S11,
    [At("mm/huge_memory.c:__split_folio_to_order")] T1, T2, T3, T4, T5, T6, T7,
    [At("mm/huge_memory.c:__folio_freeze_and_split_unmapped (unfreeze)")] T9, S12, S13,
    [At("mm/huge_memory.c:__folio_split (remap)")] S14,
    // 3.11 deferred split
    [At("mm/huge_memory.c:deferred_split_folio")] Queue, QueueLock, QueueAdd, QueueUnlock,
    [At("mm/huge_memory.c:folio_unqueue_deferred_split")] Unqueue, UnqueueLock, UnqueueDel, UnqueueUnlock,
    // 3.12 evict, fault
    [At("mm/migrate_device.c:migrate_device_range")] E1, E2, E2Lock, E3, E4, EUndo,
    [At("mm/migrate_device.c:migrate_vma_collect_pmd")] MV1, MV2, MV3, MV4,
    [At("mm/memory.c:do_swap_page (device private)")] DevFault,
    // 3.13 walkers
    [At("PFN walker")] W1, W2, W3, W4, W5, W6,
    // 3.14 slab
    [At("mm/slub.c:allocate_slab")] SlabAlloc, SlabUse, SlabList,
    [At("mm/slub.c:__free_slab")] SlabFree,
    [At("mm/slub.c:kfree")] Kfree,
    [At("mm/slub.c:___kmalloc_large_node")] LkAlloc, LkFree,
    // 3.12 migration of any folio
    [At("mm/rmap.c:try_to_migrate_one")] Unmap,
    [At("mm/migrate.c:migrate_folio_unmap")] MigrateUnmap,
    [At("mm/migrate.c:__folio_migrate_mapping")] MigrateFreeze, MigrateUnfreeze, MigrateMapping,
    [At("mm/migrate.c:folio_migrate_flags")] MigrateFlags,
    [At("mm/migrate.c:remove_migration_pte")] RemoveMigration,
    [At("mm/migrate_device.c:migrate_device_finalize")] DeviceFinalize,
    [At("mm/migrate_device.c:migrate_vma_insert_huge_pmd_page")] InsertPmd, InsertPmdAbort,
    [At("mm/gup.c:check_and_migrate_movable_folios")] LongTerm,
    [At("mm/khugepaged.c:collapse_huge_page")] CollapsePmd, CollapseIsolate, CollapseClear, CollapseMap,
    [At("mm/mmu_gather.c:tlb_remove_table_sync_one")] Ipi, IpiWait,
    [At("kernel/rcu/tree.c:synchronize_rcu")] Grace, GraceWait,
    [At("mm/memory.c:copy_nonpresent_pte")] CopyNonPresent,
    [At("mm/memory.c:do_wp_page")] WpFault, WpReuse, WpCopy,
    // 3.11 deferred split shrinker
    [At("mm/huge_memory.c:deferred_split_scan")] ScanLock, ScanIsolate, ScanUnlock, ScanDel, ScanSplit, ScanRequeue,
    [At("mm/memcontrol-v1.c:mem_cgroup_move_account")] MoveAccount,
    // 3.16 hotplug
    [At("mm/memory_hotplug.c:mem_hotplug_begin")] HotplugLock, HotplugUnlock,
    [At("mm/page_isolation.c:start_isolate_page_range")] IsolateLock, IsolateBlock, IsolateUnlock,
    [At("mm/memory_hotplug.c:do_migrate_range")] OfflineGet, OfflineTest, OfflineIsolate,
    [At("mm/page_isolation.c:test_pages_isolated")] TestIsolated,
    [At("mm/page_alloc.c:__offline_isolated_pages")] OfflineBlock,
    [At("mm/sparse.c:offline_mem_sections")] OfflineSection,
    [At("mm/sparse-vmemmap.c:section_deactivate")] SectionClear, SectionFree,
    [At("mm/sparse-vmemmap.c:section_activate")] SectionAdd,
    [At("mm/memory_hotplug.c:online_pages")] OnlinePages,
    [At("include/linux/mmzone.h:pfn_section_valid")] OnlineCheck,
    [At("mm/memremap.c:memunmap_pages")] MemunmapKill, MemunmapWait, MemunmapExit, PgmapDelete,
    [At("mm/memremap.c:get_dev_pagemap")] PgmapGet, PgmapPut,
    [At("mm/huge_memory.c:__split_huge_pmd_locked")] PmdSplit,
    // page cache and swap cache
    [At("mm/filemap.c:filemap_get_entry")] CacheGet, CacheTryGet, CacheRecheck,
    [At("mm/filemap.c:__filemap_add_folio")] CacheAdd,
    [At("mm/filemap.c:page_cache_delete")] CacheDelete,
    [At("lib/xarray.c:xas_split")] XasSplit,
    [At("mm/filemap.c:filemap_fault")] FileFault,
    [At("mm/truncate.c:truncate_inode_pages_range")] Truncate,
    [At("mm/rmap.c:try_to_unmap_one")] FileUnmap,
    [At("mm/swap_state.c:__swap_cache_add_folio")] SwapAdd,
    [At("mm/swap_state.c:swap_cache_get_folio")] SwapGet,
    [At("mm/swap_state.c:__swap_cache_del_folio")] SwapDelete,
    [At("mm/swap_state.c:__swap_cache_replace_folio")] SwapReplace,
    [At("mm/shmem.c:shmem_writeout")] ShmemOut,
    [At("mm/shmem.c:shmem_swapin_folio")] ShmemIn,
    [At("include/linux/leafops.h:softleaf_to_folio")] Softleaf, SoftleafRmb,
    [At("fs/dax.c:dax_iomap_fault")] DaxEntry,
    [At("fs/dax.c:dax_folio_init")] DaxInit,
    [At("mm/memory.c:vmf_insert_page_mkwrite")] DaxMap,
    [At("fs/dax.c:dax_folio_put")] DaxShare,
    [At("fs/dax.c:dax_layout_busy_page_range")] DaxBusy,
    // memory models
    [At("a store becomes visible")] Drain,
    [At("a load is satisfied early")] EarlyLoad,
    // 3.15 hugetlb
    [At("mm/hugetlb.c:only_alloc_fresh_hugetlb_folio")] HtlbAlloc,
    [At("mm/hugetlb.c: hugetlb_lock")] HtlbLock, HtlbUnlock,
    [At("mm/hugetlb.c:enqueue_hugetlb_folio")] HtlbEnqueue,
    [At("mm/hugetlb.c:dequeue_hugetlb_folio_node_exact")] HtlbDequeue,
    [At("mm/hugetlb.c:alloc_surplus_hugetlb_folio")] HtlbSurplus,
    [At("mm/hugetlb.c:remove_hugetlb_folio")] HtlbRemove,
    [At("mm/hugetlb.c:free_huge_folio")] HtlbPut,
    [At("mm/hugetlb.c:__update_and_free_hugetlb_folio")] HtlbFree, HtlbMovePoison,
    [At("mm/hugetlb.c:dissolve_free_hugetlb_folio")] HtlbDissolve,
    [At("mm/hugetlb.c:demote_free_hugetlb_folios")] HtlbDemote,
    [At("mm/hugetlb.c:hugetlb_folio_init_vmemmap")] HtlbBoot,
    [At("mm/hugetlb.c:hugetlb_no_page")] HtlbFault,
    [At("mm/hugetlb.c:__unmap_hugepage_range")] HtlbUnmap,
    [At("mm/hugetlb.c:huge_pmd_share")] PmdShare,
    [At("mm/hugetlb.c:huge_pmd_unshare")] PmdUnshare,
    [At("include/linux/page-flags.h:folio_test_hugetlb")] HtlbTest,
    [At("mm/memfd.c:memfd_pin_folios")] Memfd,
    // 1.9 HVO
    [At("mm/hugetlb_vmemmap.c:__hugetlb_vmemmap_optimize_folio")] HvoSync, HvoFlag, HvoCopy, HvoRemap,
    [At("mm/hugetlb_vmemmap.c:__hugetlb_vmemmap_restore_folio")] HvoFrames, HvoRestore,
    [At("include/linux/page_ref.h:page_ref_add_unless")] RcuLock, RefRead, RefCas, RcuUnlock,
    // 3.13 memory failure
    [At("mm/memory-failure.c:memory_failure")] MfLock, MfSet, MfGet, MfLarge, MfUnmap, MfHeld, MfIgnore, MfUnlock,
    [At("mm/memory-failure.c:get_huge_page_for_hwpoison")] MfHuge, MfRecord,
    [At("mm/memory-failure.c:__page_handle_poison")] MfDissolve, MfTaken,
    [At("mm/memory-failure.c:unpoison_memory")] Unpoison,
    [At("mm/page_alloc.c:take_page_off_buddy")] TakeOff,
    [At("mm/page_alloc.c:put_page_back_buddy")] PutBack,
    [At("mm/page_alloc.c:__free_pages_prepare (hwpoison)")] F3Keep,
    // 3.13 further walkers
    [At("mm/compaction.c:isolate_movable_ops_page")] Movable,
    [At("mm/swap.c:folio_activate")] Activate,
}

/// <summary>Names and sources of the steps.</summary>
public static class Steps
{
    private static readonly string[] s_sources = ReadSources();

    public static string Source(this Step step) => s_sources[(int)step];

    private static string[] ReadSources()
    {
        FieldInfo[] members = typeof(Step).GetFields(BindingFlags.Public | BindingFlags.Static);
        Array.Sort(members, (a, b) => ((ushort)a.GetRawConstantValue()!).CompareTo((ushort)b.GetRawConstantValue()!));
        var sources = new string[members.Length];
        string last = "";
        for (int i = 0; i < members.Length; i++)
            sources[i] = last = members[i].GetCustomAttribute<AtAttribute>()?.Source ?? last;
        return sources;
    }
}
