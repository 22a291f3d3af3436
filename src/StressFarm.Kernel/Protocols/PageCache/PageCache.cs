namespace StressFarm.Kernel.Protocols;

/// <summary>
/// The page cache of two inodes, an ordinary file's and one of shmem (<c>mm/filemap.c</c>): folios found by index under RCU,
/// added and removed under xa_lock with PG_locked held. One reference a page is the cache's.
/// </summary>
public static class PageCache
{
    public const int Mappings = Geometry.Mappings;
    public const int Shmem = 1;
    /// <summary>Indexes of one mapping.</summary>
    public const int Slots = Geometry.CacheSlots;

    private const ulong FirstMapping = 0xffff_8887_0000_0000;
    private const ulong MappingSize = 0x200;

    /// <summary>The address of an inode's <c>struct address_space</c>: even, as no anonymous mapping is.</summary>
    public static ulong MappingAddress(int mapping) => FirstMapping + (ulong)mapping * MappingSize;

    /// <summary>The number of the inode whose mapping this word is, or -1.</summary>
    public static int MappingOf(ulong word)
    {
        ulong mapping = (word - FirstMapping) / MappingSize;
        return word >= FirstMapping && mapping < Mappings && word == MappingAddress((int)mapping) ? (int)mapping : -1;
    }

    /// <summary>
    /// <c>filemap_get_entry</c>: the folio at an index with a reference of the caller's, or -1. A folio frozen or being freed is
    /// tried again; one that the slot no longer holds is put back.
    /// </summary>
    public static async Op<int> GetEntry(Cpu cpu, int mapping, int index)
    {
        while (true)
        {
            ulong entry = await XArray.Load(cpu, mapping, index, Step.CacheGet);
            int folio = entry == 0 || XArray.IsValue(entry) ? -1 : cpu.Memory.PfnAt(entry);
            if (folio < 0) return -1;
            if (!await FolioReferences.TryGet(cpu, new Page(folio), 1, Step.CacheTryGet))
            {
                await cpu.Yield(Step.CacheTryGet);
                continue;
            }
            if (await XArray.Load(cpu, mapping, index, Step.CacheRecheck) == entry)
            {
                cpu.Tell(MomentKind.CacheGot, folio, (ulong)mapping, (ulong)index);
                return folio;
            }
            await FolioReferences.Put(cpu, new Folio(folio));
        }
    }

    /// <summary><see cref="GetEntry"/> and folio_lock(), until the folio is still the mapping's when it is locked; -1 for none.</summary>
    public static async Op<int> LockEntry(Cpu cpu, int mapping, int index)
    {
        while (true)
        {
            int pfn = await GetEntry(cpu, mapping, index);
            if (pfn < 0) return -1;
            Folio folio = cpu.PfnFolio(pfn);
            await FolioReferences.Lock(cpu, folio);
            if (await Holds(cpu, mapping, index, folio)) return pfn;
            await Release(cpu, folio);
        }
    }

    /// <summary>folio->mapping == mapping and folio_contains(): asked with the folio locked.</summary>
    private static async Op<bool> Holds(Cpu cpu, int mapping, int index, Folio folio)
    {
        if (await cpu.Load(folio.Head.Mapping, Step.CacheRecheck) != MappingAddress(mapping)) return false;
        int first = (int)await cpu.Load(folio.Head.Index, Step.CacheRecheck);
        return index >= first && index < first + await DeviceMemory.NrPages(cpu, folio, Step.CacheRecheck);
    }

    public static async Op Release(Cpu cpu, Folio folio)
    {
        await FolioReferences.Unlock(cpu, folio);
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary>Read-ahead or a write: a new folio at <paramref name="index"/>, aligned to its order; nothing where one is, or past the end.</summary>
    public static async Op Add(Cpu cpu, int mapping, int index, int order)
    {
        index &= ~((1 << order) - 1);
        if (index >= (int)await cpu.Load(cpu.Cells.ISize(mapping), Step.CacheAdd)) return;
        int pfn = await BuddyAllocator.AllocPages(cpu, order, Alloc.Folio, order == 0 ? Owner.Small : Owner.Folio);
        if (pfn < 0) return;
        await cpu.Store(new Page(pfn).MemcgData, AnonMemory.Memcg, Step.CacheAdd);
        ulong flags = await cpu.Load(new Page(pfn).Flags, Step.CacheAdd); // __folio_set_locked() and what the filesystem sets
        await cpu.Store(new Page(pfn).Flags, flags | PageFlag.Locked | PageFlag.Uptodate | (mapping == Shmem ? PageFlag.Swapbacked : 0), Step.CacheAdd);
        cpu.Ghost.Locked(cpu, pfn);
        cpu.Ghost.PublishAt(cpu, pfn);
        Folio folio = cpu.PfnFolio(pfn);
        if (await Insert(cpu, mapping, index, order, folio, 0)) await FolioReferences.LruAdd(cpu, folio);
        await Release(cpu, folio);
    }

    /// <summary>
    /// <c>__filemap_add_folio</c>, <c>shmem_add_to_page_cache</c>: references, mapping and index first, then the slots, which must
    /// hold <paramref name="expected"/>. False, all of it undone, when they do not.
    /// </summary>
    public static async Op<bool> Insert(Cpu cpu, int mapping, int index, int order, Folio folio, ulong expected)
    {
        await FolioReferences.Get(cpu, folio, 1 << order, Step.CacheAdd);
        await cpu.Store(folio.Head.Mapping, MappingAddress(mapping), Step.CacheAdd);
        await cpu.Store(folio.Head.Index, (ulong)index, Step.CacheAdd);
        await cpu.Lock(cpu.Cells.XaLock(mapping), Step.CacheAdd);
        bool free = true;
        for (int i = 0; i < 1 << order && free; i++)
            free = await XArray.Load(cpu, mapping, index + i, Step.CacheAdd) == expected;
        if (free)
        {
            cpu.Ghost.ThreadToCache(cpu, folio.Pfn, 1 << order);
            await XArray.Store(cpu, mapping, index, order, cpu.Memory.AddressOf(folio.Head), Step.CacheAdd);
        }
        await cpu.Unlock(cpu.Cells.XaLock(mapping), Step.CacheAdd);
        if (free) return true;
        await cpu.Store(folio.Head.Mapping, 0, Step.CacheAdd);
        await FolioReferences.Put(cpu, folio, 1 << order, Step.CacheAdd);
        return false;
    }

    /// <summary><c>filemap_remove_folio</c>: the folio is locked and unmapped.</summary>
    public static async Op Remove(Cpu cpu, int mapping, Folio folio, int order, ulong shadow = 0)
    {
        int index = (int)await cpu.Load(folio.Head.Index, Step.CacheDelete);
        await cpu.Lock(cpu.Cells.XaLock(mapping), Step.CacheDelete);
        await Delete(cpu, mapping, index, order, folio, shadow);
        await cpu.Unlock(cpu.Cells.XaLock(mapping), Step.CacheDelete);
        await PutCacheRefs(cpu, folio, 1 << order);
    }

    /// <summary><c>page_cache_delete</c> under xa_lock: slots, then mapping; the index stays.</summary>
    public static async Op Delete(Cpu cpu, int mapping, int index, int order, Folio folio, ulong shadow)
    {
        await XArray.Store(cpu, mapping, index, order, shadow, Step.CacheDelete);
        await cpu.Store(folio.Head.Mapping, 0, Step.CacheDelete);
    }

    /// <summary>filemap_free_folio(): what the cache held.</summary>
    public static Op PutCacheRefs(Cpu cpu, Folio folio, int pages)
    {
        cpu.Ghost.ThreadToCache(cpu, folio.Pfn, -pages);
        return FolioReferences.Put(cpu, folio, pages, Step.CacheDelete);
    }

    public static async Op<int> OrderOf(Cpu cpu, Folio folio, Step step) => await DeviceMemory.Order(cpu, folio, step);
}
