namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Two files, one of them shmem, whose folios are added, looked up, mapped, pinned, split, truncated, swapped and migrated, beside
/// anonymous folios in the swap cache. A quarter of the schedules are a lookup against a split of the same folio.
/// </summary>
public sealed class PageCacheWork : Workload
{
    private const int FirstHandle = 6, HandleCount = 3, PinHandle = 9, PinHandles = 2;

    public override string Id => "page-cache";
    public override string Summary => "page cache lookups, faults and pins against split, truncation, swap and migration";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        int maxOrder = shape.Draw("max-order", 1, Math.Min(3, geometry.LargestOrder));
        int systemOrder = Math.Max(4, shape.Draw("system-order", 4, Math.Min(6, geometry.LargestOrder)));
        int mms = shape.Draw("mms", 1, 2);
        int ops = Math.Max(2, shape.Draw("work", 4, 12) / cpus);
        int disabled = shape.DrawDisabled(Kinds);
        programme.Arena = new Arena(cpus, Math.Min(systemOrder, geometry.LargestOrder), -1, 3);
        int pages = 2 << maxOrder;
        for (int mapping = 0; mapping < PageCache.Mappings; mapping++)
        {
            programme.Setup.Add(TruncateFile.Call(mapping, size: pages - shape.Pick(2)));
            programme.Setup.Add(CacheAddFolio.Call(mapping, index: 0, order: maxOrder));
            if (shape.OneIn(2)) programme.Setup.Add(CacheAddFolio.Call(mapping, index: 1 << maxOrder, order: shape.Pick(maxOrder + 1)));
        }
        if (shape.OneIn(4)) programme.Setup.Add(SwapShmem.Call(index: 0));
        if (shape.Draw("pattern", 0, 3) == 0)
        {
            ComposeDuel(programme, cpus, maxOrder);
            return;
        }
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: maxOrder));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(Draw(shape, mms, maxOrder, programme.Arena.SystemPages, disabled));
    }

    /// <summary>The first CPU splits a folio of a file or truncates the file; the others look its indexes up.</summary>
    private static void ComposeDuel(Programme programme, int cpus, int maxOrder)
    {
        Shape shape = programme.Shape;
        int mapping = shape.Pick(PageCache.Mappings), pages = 1 << maxOrder;
        programme.Cpu(0).Add(shape.OneIn(3)
            ? TruncateFile.Call(mapping, size: shape.Pick(pages))
            : SplitInFile.Call(mapping, index: shape.Pick(pages), order: 0, around: !shape.OneIn(4)));
        for (int cpu = 1; cpu < cpus; cpu++)
            for (int i = 0; i < 2; i++)
            {
                programme.Cpu(cpu).Add(CacheLookup.Call(mapping: mapping, index: shape.Pick(pages), handle: FirstHandle + i));
                programme.Cpu(cpu).Add(shape.OneIn(4) ? PfnWalk.Call<SplitByPfn>(pfn: 0, count: pages) : Release.Call<FolioPut>(handle: FirstHandle + i));
            }
    }

    private const int Kinds = 14;

    private static OpCall Draw(Shape shape, int mms, int maxOrder, int systemPages, int disabled)
    {
        int kind = shape.Pick(Kinds), mapping = shape.Pick(PageCache.Mappings), index = shape.Pick(2 << maxOrder), mm = shape.Pick(mms);
        int order = shape.Pick(maxOrder + 1), handle = shape.Pick(6), pfn = shape.Pick(Math.Min(systemPages, 16)), coin = shape.Pick(4);
        if ((disabled >> kind & 1) != 0) kind = 0;
        return kind switch
        {
            0 => CacheLookup.Call(mapping: mapping, index: index, handle: FirstHandle + handle % HandleCount),
            1 => Release.Call<FolioPut>(handle: FirstHandle + handle % HandleCount),
            2 => CacheAddFolio.Call(mapping, index, order),
            3 => TruncateFile.Call(mapping, size: coin == 0 ? 2 << maxOrder : index),
            4 => FaultFile.Call(mm, mapping, index, count: 1 + coin),
            5 => SplitInFile.Call(mapping, index, order, around: (coin & 1) == 1),
            6 => PfnWalk.Call<SplitByPfn>(pfn, count: 1 + 2 * coin),
            7 => PfnWalk.Call<MigrateCached>(pfn, count: 1 + 2 * coin),
            8 => SwapShmem.Call(index, back: (coin & 1) == 1),
            9 => SlotOperation.Call<SwapOutAnon>(mm, slot: index % 8),
            10 => SwapFree.Call(entry: index),
            11 => coin == 0 ? AnonFault.Call(mm, slot: 0, order: order) : GetPages.Call<PinUserPagesFast>(mm, slot: FileMemory.SlotOf(mapping, index), count: 1 + coin, handle: PinHandle + handle % PinHandles),
            12 => UnpinUserPages.Call(handle: PinHandle + handle % PinHandles, range: (coin & 1) == 1),
            _ => coin == 0 ? ZapSlots.Call(mm, slot: FileMemory.SlotOf(mapping, index), count: 4) : PfnWalk.Call<CompactionWalk>(pfn, count: 4),
        };
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 4, -1, 3),
        [
            "truncate_pagecache mapping=0 size=8; filemap_add_folio mapping=0 index=0 order=2",
            "truncate_pagecache mapping=0 size=8; filemap_add_folio mapping=0 index=0 order=2; filemap_fault mm=0 mapping=0 index=0 count=4",
        ],
        [
            "filemap_get_folio handle=6 mapping=0 index=0/3; folio_put handle=6",
            "filemap_add_folio mapping=0 index=4 order=0/2",
            "truncate_pagecache mapping=0 size=0/1/8",
            "filemap_fault mm=0 mapping=0 index=0 count=1/4",
            "split_huge_pages_in_file mapping=0 index=0/3 order=0/1 around=0/1",
            "split_huge_pages_all pfn=0 count=1/3",
            "folio_migrate_mapping pfn=0 count=1",
            "pin_user_pages_fast mm=0 slot=64/67 handle=9; unpin_user_pages handle=9 range=0/1",
            "zap_pte_range mm=0 slot=64 count=4",
            "compaction pfn=0 count=4",
        ]),
        // Shmem, and the swap cache.
        new(new Arena(2, 4, -1, 3),
        [
            "truncate_pagecache mapping=1 size=8; filemap_add_folio mapping=1 index=0 order=1; do_anonymous_page mm=0 slot=0 order=1",
            "truncate_pagecache mapping=1 size=8; filemap_add_folio mapping=1 index=0 order=1; shmem_writeout index=0; do_anonymous_page mm=0 slot=0 order=2; folio_alloc_swap mm=0 slot=0",
        ],
        [
            "filemap_get_folio handle=6 mapping=1 index=1; folio_put handle=6",
            "filemap_add_folio mapping=1 index=0 order=1",
            "truncate_pagecache mapping=1 size=0/1",
            "filemap_fault mm=0 mapping=1 index=0 count=2",
            "split_huge_pages_in_file mapping=1 index=0 order=0 around=0/1",
            "split_huge_pages_all pfn=0 count=1",
            "folio_migrate_mapping pfn=0 count=1/3",
            "shmem_writeout index=0 back=0/1",
            "folio_alloc_swap mm=0 slot=0",
            "folio_free_swap entry=0/2",
            "do_anonymous_page mm=0 slot=0 order=0/2",
            "pin_user_pages_fast mm=0 slot=96 handle=9; unpin_user_pages handle=9",
            "zap_pte_range mm=0 slot=96 count=2",
            "compaction pfn=0 count=4",
        ]),
    ];
}
