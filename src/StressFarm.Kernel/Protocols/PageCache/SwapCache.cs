namespace StressFarm.Kernel.Protocols;

/// <summary>
/// The swap cache (<c>mm/swap_state.c</c>): one cluster, whose table leads from swap entries to folios. One reference a page is
/// the cache's. What is on the device is not modelled: an entry is in use as long as its folio is cached.
/// </summary>
public static class SwapCache
{
    /// <summary>Swap entries in all.</summary>
    public const int Slots = Geometry.SwapSlots;

    /// <summary>folio->swap.val of an entry: never 0.</summary>
    private const ulong FirstEntry = 0x100;

    public static ulong EntryValue(int entry) => FirstEntry + (ulong)entry;
    public static int EntryOf(ulong value) => value >= FirstEntry && value < FirstEntry + Slots ? (int)(value - FirstEntry) : -1;

    /// <summary><c>folio_alloc_swap</c> and <c>__swap_cache_add_folio</c> for a locked folio. False when no run of entries is free.</summary>
    public static async Op<bool> Add(Cpu cpu, Folio folio, int order)
    {
        int pages = 1 << order;
        await cpu.Lock(cpu.Cells.SwapLock, Step.SwapAdd);
        int entry = await FreeRun(cpu, pages);
        if (entry >= 0)
        {
            await FolioReferences.Get(cpu, folio, pages, Step.SwapAdd);
            await cpu.Or(folio.Flags, PageFlag.SwapCache, Step.SwapAdd);
            await cpu.Store(folio.Head.Private, EntryValue(entry), Step.SwapAdd);
            cpu.Ghost.ThreadToSwap(cpu, folio.Pfn, pages);
            for (int i = 0; i < pages; i++) await cpu.Store(cpu.Cells.SwapSlot(entry + i), cpu.Memory.AddressOf(folio.Head), Step.SwapAdd);
        }
        await cpu.Unlock(cpu.Cells.SwapLock, Step.SwapAdd);
        return entry >= 0;
    }

    private static async Op<int> FreeRun(Cpu cpu, int pages)
    {
        for (int entry = 0; entry + pages <= Slots; entry += pages)
        {
            bool free = true;
            for (int i = 0; i < pages && free; i++) free = await cpu.Load(cpu.Cells.SwapSlot(entry + i), Step.SwapAdd) == 0;
            if (free) return entry;
        }
        return -1;
    }

    /// <summary><c>swap_cache_get_folio</c> and folio_lock(): the folio of an entry, locked and still its own; -1 for none.</summary>
    public static async Op<int> LockFolio(Cpu cpu, int entry)
    {
        while (true)
        {
            int pfn = cpu.Memory.PfnAt(await cpu.Load(cpu.Cells.SwapSlot(entry), Step.SwapGet));
            if (pfn < 0) return -1;
            if (!await FolioReferences.TryGet(cpu, new Page(pfn), 1, Step.SwapGet))
            {
                await cpu.Yield(Step.SwapGet);
                continue;
            }
            Folio folio = cpu.PfnFolio(pfn);
            await FolioReferences.Lock(cpu, folio);
            if (await Matches(cpu, folio, entry)) return pfn;
            await PageCache.Release(cpu, folio);
        }
    }

    /// <summary>folio_matches_swap_entry(): asked with the folio locked.</summary>
    private static async Op<bool> Matches(Cpu cpu, Folio folio, int entry)
    {
        const ulong swap = PageFlag.SwapCache | PageFlag.Swapbacked;
        if ((await cpu.Load(folio.Flags, Step.SwapGet) & swap) != swap) return false;
        int first = EntryOf(await cpu.Load(folio.Head.Private, Step.SwapGet));
        return first >= 0 && entry >= first && entry < first + await DeviceMemory.NrPages(cpu, folio, Step.SwapGet);
    }

    /// <summary><c>__swap_cache_del_folio</c> and the put of what the cache held; the folio is locked.</summary>
    public static async Op Delete(Cpu cpu, Folio folio, int order)
    {
        int entry = EntryOf(await cpu.Load(folio.Head.Private, Step.SwapDelete));
        await cpu.Lock(cpu.Cells.SwapLock, Step.SwapDelete);
        for (int i = 0; i < 1 << order; i++) await cpu.Store(cpu.Cells.SwapSlot(entry + i), 0, Step.SwapDelete);
        await cpu.Store(folio.Head.Private, 0, Step.SwapDelete);
        await cpu.AndNot(folio.Flags, PageFlag.SwapCache, Step.SwapDelete);
        await cpu.Unlock(cpu.Cells.SwapLock, Step.SwapDelete);
        cpu.Ghost.ThreadToSwap(cpu, folio.Pfn, -(1 << order));
        await FolioReferences.Put(cpu, folio, 1 << order, Step.SwapDelete);
    }

    /// <summary><c>__swap_cache_replace_folio</c> under the cluster's lock: the entries of a part lead to it.</summary>
    public static async Op Replace(Cpu cpu, int part, int pages)
    {
        var page = new Page(part);
        int entry = EntryOf(await cpu.Load(page.Private, Step.SwapReplace));
        for (int i = 0; i < pages; i++) await cpu.Store(cpu.Cells.SwapSlot(entry + i), cpu.Memory.AddressOf(page), Step.SwapReplace);
    }

    /// <summary>An anonymous folio mapped at a slot goes into the swap cache and stays mapped.</summary>
    public static async Op AddMapped(Cpu cpu, int mm, int slot)
    {
        int page = await SplitByAddress.GetPage(cpu, mm, slot);
        if (page < 0) return;
        int head = await CompoundPages.PageFolio(cpu, new Page(page), Step.SwapAdd);
        Folio folio = cpu.PfnFolio(head);
        if (await FolioReferences.TryLock(cpu, folio, Step.SwapAdd))
        {
            ulong flags = await cpu.Load(folio.Flags, Step.SwapAdd);
            bool anon = (await cpu.Load(folio.Head.Mapping, Step.SwapAdd) & Layout.MappingAnon) != 0;
            bool system = (flags & PageFlag.ZoneMask) != PageFlag.ZoneDevice; // reclaim goes by the LRU, where no device folio is
            if (anon && system && (flags & PageFlag.SwapCache) == 0) await Add(cpu, folio, await PageCache.OrderOf(cpu, folio, Step.SwapAdd));
            await FolioReferences.Unlock(cpu, folio);
        }
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary>
    /// <c>folio_free_swap</c>: the entry is free again. Not while a file's slots hold it, or the next folio to get it would be found there.
    /// </summary>
    /// <param name="anonymous">leave alone what is not: a shmem folio's entry is in use by its file</param>
    public static async Op Free(Cpu cpu, int entry, bool anonymous)
    {
        int pfn = await LockFolio(cpu, entry);
        if (pfn < 0) return;
        Folio folio = cpu.PfnFolio(pfn);
        if (!anonymous || (await cpu.Load(folio.Head.Mapping, Step.SwapDelete) & Layout.MappingAnon) != 0)
            await Delete(cpu, folio, await PageCache.OrderOf(cpu, folio, Step.SwapDelete));
        await PageCache.Release(cpu, folio);
    }
}
