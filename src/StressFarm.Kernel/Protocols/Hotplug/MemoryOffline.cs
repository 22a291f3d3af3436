namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Taking a section offline and back (spec 3.13, 3.16; <c>mm/memory_hotplug.c:offline_pages</c>, <c>online_pages</c>): its pageblocks
/// are isolated, what is in use is moved away, and only when every page is free does it go. Simplified: all pageblocks of the
/// section change their type in one go, and per-CPU lists are drained of this CPU and of those that are idle.
/// </summary>
public static class MemoryOffline
{
    private const int Tries = 3;

    public static async Op Offline(Cpu cpu, int section)
    {
        await cpu.Lock(cpu.Cells.HotplugLock, Step.HotplugLock);
        if ((await cpu.Load(cpu.Cells.SectionMap(section), Step.HotplugLock) & SectionFlag.Online) != 0)
        {
            bool empty = false;
            await Isolate(cpu, section, isolate: true);
            for (int tries = 0; tries < Tries && !empty; tries++)
            {
                await MigrateRange(cpu, section);
                await Drain(cpu);
                empty = await TestIsolated(cpu, section);
            }
            if (empty) await TakeOffline(cpu, section);
            else await Isolate(cpu, section, isolate: false);
        }
        await cpu.Unlock(cpu.Cells.HotplugLock, Step.HotplugUnlock);
    }

    /// <summary>
    /// <c>start_isolate_page_range</c> and <c>undo_isolate_page_range</c>: the migratetype, and the free blocks to the lists from
    /// which nothing is allocated, or back.
    /// </summary>
    private static async Op Isolate(Cpu cpu, int section, bool isolate)
    {
        int first = MemorySections.First(cpu.Machine, section), end = first + MemorySections.Pages(cpu.Machine, section);
        await cpu.Lock(cpu.Cells.ZoneLock, Step.IsolateLock);
        for (int block = first >> cpu.Machine.Arena.PmdOrder; block < end >> cpu.Machine.Arena.PmdOrder; block++)
            await cpu.Store(cpu.Cells.Pageblock(block), isolate ? Migratetype.Isolate : Migratetype.Movable, Step.IsolateBlock);
        for (int pfn = first; pfn < end;)
        {
            int order = await FreeOrder(cpu, pfn, Step.IsolateBlock);
            if (order >= 0)
            {
                await Lists.Del(cpu, new Page(pfn).Lru, Step.IsolateBlock);
                await Lists.Add(cpu, new Page(pfn).Lru, isolate ? cpu.Cells.IsolatedArea(order) : cpu.Cells.FreeArea(order), Step.IsolateBlock);
            }
            pfn += order < 0 ? 1 : 1 << order;
        }
        await cpu.Unlock(cpu.Cells.ZoneLock, Step.IsolateUnlock);
    }

    /// <summary>Under zone->lock: the order of the free block that begins at a page, or -1.</summary>
    private static async Op<int> FreeOrder(Cpu cpu, int pfn, Step step)
    {
        var page = new Page(pfn);
        if (!PageType.Is(await cpu.Load(page.Type, step), PageType.Buddy)) return -1;
        return (int)await cpu.Load(page.Private, step);
    }

    /// <summary><c>do_migrate_range</c>.</summary>
    private static async Op MigrateRange(Cpu cpu, int section)
    {
        int first = MemorySections.First(cpu.Machine, section), end = first + MemorySections.Pages(cpu.Machine, section);
        for (int pfn = first; pfn < end;)
        {
            int next = await MigratePage(cpu, pfn);
            pfn = Math.Max(pfn + 1, next);
        }
    }

    /// <summary>
    /// A reference first, and page_folio() again; then every test, on a folio that cannot change any more (the order that Z21
    /// and Z22 fixed). The pfn to go on with.
    /// </summary>
    private static async Op<int> MigratePage(Cpu cpu, int pfn)
    {
        int life = 0, skip = pfn + 1;
        bool poison = cpu.Policy.Has(Deviation.OfflineTestsBeforeRef), tail = cpu.Policy.Has(Deviation.OfflineTestsTail);
        if (poison || tail)
        {
            int guess = await CompoundPages.PageFolio(cpu, new Page(pfn), Step.OfflineTest);
            if (guess < 0) return pfn + 1;
            if (poison) life = cpu.Ghost.LifeOf(pfn); // what the tests are about
            skip = await TestUnreferenced(cpu, guess, skip, poison, tail);
        }
        int head = await SpeculativeGet.Pf(cpu, pfn, Step.OfflineGet);
        if (head < 0) return skip;
        if (life != 0) cpu.Tell(MomentKind.SpeculativeGet, pfn, (ulong)head, (ulong)life);
        Folio folio = cpu.PfnFolio(head);
        ulong flags = await cpu.Load(folio.Flags, Step.OfflineTest);
        int next = pfn + 1;
        if ((flags & PageFlag.Head) != 0)
        {
            uint nr = await cpu.Load(folio.NrPages, Step.OfflineTest);
            cpu.Tell(MomentKind.NrPagesRead, head, nr);
            next = head + (int)nr;
        }
        if ((flags & PageFlag.HwPoison) == 0) await MigrationCallers.Isolated(cpu, folio);
        else await FolioReferences.Put(cpu, folio);
        return next;
    }

    /// <summary>folio_test_large() and folio_nr_pages() of what nobody holds. Z22: by now it may be a tail, which no folio test bears.</summary>
    private static async Op<int> TestUnreferenced(Cpu cpu, int head, int skip, bool poison, bool tail)
    {
        var folio = new Folio(head);
        ulong flags = await cpu.Load(folio.Flags, Step.OfflineTest);
        if (tail && CompoundPages.IsTail(cpu.Peek(folio.Head.Info)))
        {
            cpu.Printk("VM_BUG_ON_PGFLAGS(PageTail(page)) in folio_test_large");
            cpu.Tell(MomentKind.TailTested, head);
        }
        if (poison) await cpu.Load(folio.Flags, Step.OfflineTest); // folio_test_hwpoison()
        if ((flags & PageFlag.Head) == 0) return skip;
        return head + (int)Math.Min(await cpu.Load(folio.NrPages, Step.OfflineTest), Geometry.MaxPages);
    }

    /// <summary>drain_all_pages(), of CPUs that have nothing else to do.</summary>
    private static async Op Drain(Cpu cpu)
    {
        foreach (Cpu other in cpu.Machine.Cpus)
            if (other == cpu || other.IsSeenFinished) await BuddyAllocator.DrainPcp(cpu, other.Number);
    }

    /// <summary><c>test_pages_isolated</c>: every page is in a free block.</summary>
    private static async Op<bool> TestIsolated(Cpu cpu, int section)
    {
        int first = MemorySections.First(cpu.Machine, section), end = first + MemorySections.Pages(cpu.Machine, section);
        await cpu.Lock(cpu.Cells.ZoneLock, Step.TestIsolated);
        int pfn = first;
        while (pfn < end)
        {
            int order = await FreeOrder(cpu, pfn, Step.TestIsolated);
            if (order < 0) break;
            pfn += 1 << order;
        }
        await cpu.Unlock(cpu.Cells.ZoneLock, Step.TestIsolated);
        return pfn >= end;
    }

    /// <summary><c>__offline_isolated_pages</c>, then the section's flag.</summary>
    private static async Op TakeOffline(Cpu cpu, int section)
    {
        int first = MemorySections.First(cpu.Machine, section), pages = MemorySections.Pages(cpu.Machine, section);
        await cpu.Lock(cpu.Cells.ZoneLock, Step.OfflineBlock);
        cpu.TellOfNone(MomentKind.SectionOffline, first, (ulong)first, (ulong)pages);
        for (int pfn = first; pfn < first + pages;)
        {
            var page = new Page(pfn);
            int order = await FreeOrder(cpu, pfn, Step.OfflineBlock);
            if (order < 0)
            {
                cpu.Printk("BUG_ON(!PageBuddy(page)) in __offline_isolated_pages");
                break;
            }
            await Lists.Del(cpu, page.Lru, Step.OfflineBlock);
            await cpu.Store(page.Type, PageType.None, Step.OfflineBlock);
            await cpu.Store(page.Private, 0, Step.OfflineBlock);
            cpu.Ghost.Transfer(cpu, pfn, order, Owner.Buddy, Owner.Offline);
            pfn += 1 << order;
        }
        for (int block = first >> cpu.Machine.Arena.PmdOrder; block < (first + pages) >> cpu.Machine.Arena.PmdOrder; block++)
            await cpu.Store(cpu.Cells.Pageblock(block), Migratetype.Movable, Step.OfflineBlock);
        await cpu.Unlock(cpu.Cells.ZoneLock, Step.OfflineBlock);
        await cpu.AndNot(cpu.Cells.SectionMap(section), SectionFlag.Online, Step.OfflineSection);
    }

    /// <summary><c>arch_remove_memory</c> of a section that is offline.</summary>
    public static async Op Remove(Cpu cpu, int section)
    {
        await cpu.Lock(cpu.Cells.HotplugLock, Step.HotplugLock);
        ulong map = await cpu.Load(cpu.Cells.SectionMap(section), Step.HotplugLock);
        if ((map & SectionFlag.HasMemMap) != 0 && (map & SectionFlag.Online) == 0)
            await MemorySections.Deactivate(cpu, section, 0, MemorySections.Subsections);
        await cpu.Unlock(cpu.Cells.HotplugLock, Step.HotplugUnlock);
    }

    /// <summary><c>add_memory</c> where it is gone, and <c>online_pages</c>: its pages go to the buddy as one block.</summary>
    public static async Op Online(Cpu cpu, int section)
    {
        await cpu.Lock(cpu.Cells.HotplugLock, Step.HotplugLock);
        ulong map = await cpu.Load(cpu.Cells.SectionMap(section), Step.HotplugLock);
        if (map == 0) await MemorySections.Activate(cpu, section);
        if ((map & SectionFlag.Online) == 0)
        {
            var page = new Page(MemorySections.First(cpu.Machine, section));
            int order = cpu.Machine.Arena.SectionOrder;
            await cpu.Lock(cpu.Cells.ZoneLock, Step.OnlinePages);
            cpu.Ghost.Transfer(cpu, page.Pfn, order, Owner.Offline, Owner.IsolatedFree);
            await cpu.Store(page.Private, (ulong)order, Step.OnlinePages);
            await cpu.Store(page.Type, PageType.Buddy, Step.OnlinePages);
            await Lists.Add(cpu, page.Lru, cpu.Cells.FreeArea(order), Step.OnlinePages);
            cpu.Ghost.Transfer(cpu, page.Pfn, order, Owner.IsolatedFree, Owner.Buddy);
            await cpu.Unlock(cpu.Cells.ZoneLock, Step.OnlinePages);
            await cpu.Or(cpu.Cells.SectionMap(section), SectionFlag.Online, Step.OnlinePages);
        }
        await cpu.Unlock(cpu.Cells.HotplugLock, Step.HotplugUnlock);
    }
}
