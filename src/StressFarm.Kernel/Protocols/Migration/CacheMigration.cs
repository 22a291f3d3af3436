namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Migration of folios that caches hold (<c>mm/migrate.c</c>), found by pfn as offlining finds them: isolated, locked, unmapped,
/// and moved to a new folio under the cache's lock. Mapped anonymous folios, which need migration entries, are left alone.
/// </summary>
public static class CacheMigration
{
    public static async Op Run(Cpu cpu, int pfn)
    {
        int head = await SpeculativeGet.Pf(cpu, pfn, Step.W2);
        if (head < 0) return;
        Folio folio = cpu.PfnFolio(head);
        if ((await cpu.AndNot(folio.Flags, PageFlag.Lru, Step.W5) & PageFlag.Lru) != 0)
        {
            cpu.Ghost.SetLru(cpu, folio.Pfn, false);
            if (await FolioReferences.TryLock(cpu, folio))
            {
                bool moved = await Locked(cpu, folio);
                await FolioReferences.Unlock(cpu, folio);
                if (!moved) await FolioReferences.LruAdd(cpu, folio);
            }
            else
            {
                await FolioReferences.LruAdd(cpu, folio);
            }
        }
        await FolioReferences.Put(cpu, folio);
    }

    private static async Op<bool> Locked(Cpu cpu, Folio folio)
    {
        ulong word = await cpu.Load(folio.Head.Mapping, Step.MigrateMapping);
        bool anon = (word & Layout.MappingAnon) != 0;
        int mapping = PageCache.MappingOf(word);
        bool swap = (await cpu.Load(folio.Flags, Step.MigrateMapping) & (PageFlag.SwapCache | PageFlag.Swapbacked)) == (PageFlag.SwapCache | PageFlag.Swapbacked);
        if (mapping < 0 && !swap) return false;
        int order = await PageCache.OrderOf(cpu, folio, Step.MigrateMapping);
        if (mapping >= 0) await FileMemory.UnmapAll(cpu, folio, mapping, order);
        int pfn = await BuddyAllocator.AllocPages(cpu, order, Alloc.Folio, order == 0 ? Owner.Small : Owner.Folio);
        if (pfn < 0) return false;
        int id = cpu.Ghost.ObjectOf(pfn);
        cpu.Ghost[id].Anon = anon;
        Folio target = cpu.PfnFolio(pfn);
        // Whoever has a stale pointer from the page's life before may have the lock, and will see that it is not his folio.
        bool locked = await FolioReferences.TryLock(cpu, target);
        cpu.Ghost.Publish(cpu, id);
        if (!locked)
        {
            await FolioReferences.Put(cpu, target);
            return false;
        }
        bool moved = await MoveMapping(cpu, folio, target, mapping, order, swap, anon);
        if (moved) await FolioReferences.LruAdd(cpu, target);
        await PageCache.Release(cpu, target);
        return moved;
    }

    /// <summary>
    /// <c>folio_migrate_mapping</c>: the count must be what mappings, caches and this thread explain, and is frozen from there. Z13
    /// does not count the swap cache's references of a folio that is not anonymous.
    /// </summary>
    private static async Op<bool> MoveMapping(Cpu cpu, Folio folio, Folio target, int mapping, int order, bool swap, bool anon)
    {
        int pages = 1 << order;
        bool counted = swap && (anon || !cpu.Policy.Has(Deviation.ExpectedRefsWithoutShmemSwap));
        int mapcount = (int)await cpu.Load(order > 0 ? folio.LargeMapcount : folio.Head.Mapcount, Step.MigrateMapping) + 1;
        uint expected = (uint)(1 + mapcount + (counted ? pages : 0) + (mapping >= 0 ? pages : 0));
        uint count = await cpu.Load(folio.Refcount, Step.MigrateMapping);
        if (mapcount != 0 || count != expected)
        {
            if (mapcount == 0) cpu.Tell(MomentKind.FreezeRefused, folio.Pfn, expected, count);
            return false;
        }
        Word held = swap ? cpu.Cells.SwapLock : cpu.Cells.XaLock(mapping);
        await cpu.Lock(held, Step.MigrateMapping);
        bool frozen = await cpu.CmpXchg(folio.Refcount, expected, 0, Step.MigrateMapping);
        if (frozen)
        {
            cpu.Tell(MomentKind.Frozen, folio.Pfn, expected);
            cpu.Ghost.Freeze(cpu, folio.Pfn);
            if (order > 1) await DeferredSplit.Unqueue(cpu, folio, order);
            await MoveFrozen(cpu, folio, target, mapping, order, swap);
        }
        await cpu.Unlock(held, Step.MigrateMapping);
        if (frozen) await Finish(cpu, folio, mapping, swap);
        return frozen;
    }

    private static async Op MoveFrozen(Cpu cpu, Folio folio, Folio target, int mapping, int order, bool swap)
    {
        const ulong moved = PageFlag.Swapbacked | PageFlag.SwapCache | PageFlag.Uptodate | PageFlag.Dirty;
        ulong address = cpu.Memory.AddressOf(target.Head);
        int index = (int)await cpu.Load(folio.Head.Index, Step.MigrateMapping), pages = 1 << order;
        await cpu.Store(target.Head.Index, (ulong)index, Step.MigrateMapping);
        await cpu.Store(target.Head.Mapping, await cpu.Load(folio.Head.Mapping, Step.MigrateMapping), Step.MigrateMapping);
        await cpu.Store(target.Head.MemcgData, await cpu.Load(folio.Head.MemcgData, Step.MigrateMapping), Step.MigrateMapping);
        await FolioReferences.Get(cpu, target, pages, Step.MigrateMapping);
        await cpu.Or(target.Flags, await cpu.Load(folio.Flags, Step.MigrateMapping) & moved, Step.MigrateMapping);
        if (swap) await cpu.Store(target.Head.Private, await cpu.Load(folio.Head.Private, Step.MigrateMapping), Step.MigrateMapping);
        cpu.Ghost.MoveCacheRefs(cpu, folio.Pfn, target.Pfn);
        if (swap) await SwapCache.Replace(cpu, target.Pfn, pages);
        else await XArray.Replace(cpu, mapping, index, address, Step.MigrateMapping);
        cpu.Release();
        await cpu.Store(folio.Refcount, 1, Step.MigrateMapping);
        cpu.Tell(MomentKind.Unfreezing, folio.Pfn, 1);
        cpu.Ghost.Unfreeze(cpu, folio.Pfn);
    }

    /// <summary>What is left on the old folio: no mapping, and no swap entry.</summary>
    private static async Op Finish(Cpu cpu, Folio folio, int mapping, bool swap)
    {
        if (mapping >= 0) await cpu.Store(folio.Head.Mapping, 0, Step.MigrateMapping);
        if (!swap) return;
        await cpu.Store(folio.Head.Private, 0, Step.MigrateMapping);
        await cpu.AndNot(folio.Flags, PageFlag.SwapCache, Step.MigrateMapping);
    }
}
