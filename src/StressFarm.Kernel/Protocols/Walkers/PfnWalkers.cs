namespace StressFarm.Kernel.Protocols;

/// <summary>Walkers that visit system pages by pfn (spec 3.13), each a shape of its own.</summary>
public static class PfnWalkers
{
    /// <summary>
    /// <c>mm/page_idle.c</c>, DAMON: no tail, on the LRU, a reference, and the same again; then the flag.
    /// </summary>
    public static async Op Idle(Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        if (CompoundPages.IsTail(await cpu.Load(page.Info, Step.W1))) return;
        if ((await cpu.Load(page.Flags, Step.W1) & PageFlag.Lru) == 0) return;
        int head = await SpeculativeGet.Pf(cpu, pfn, Step.W2);
        if (head < 0) return;
        Folio folio = cpu.PfnFolio(head);
        bool same = !CompoundPages.IsTail(await cpu.Load(page.Info, Step.W3)) && (await cpu.Load(folio.Flags, Step.W3) & PageFlag.Lru) != 0;
        if (same) await cpu.Or(folio.Flags, PageFlag.Idle, Step.W4);
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary>
    /// Compaction, <c>mm/compaction.c:isolate_migratepages_block</c> at one pfn and <c>putback_movable_pages</c>: hints
    /// without a reference first; then the reference on the page itself, the lru flag as the claim, and back. The pfn to go
    /// on with.
    /// </summary>
    public static async Op<int> Compact(Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        if (PageType.Is(await cpu.Load(page.Type, Step.W1), PageType.Buddy))
        {
            ulong order = await cpu.Load(page.Private, Step.W1); // buddy_order_unsafe(): racy, hence bounded
            return order is > 0 and <= Geometry.MaxOrder ? pfn + (1 << (int)order) : pfn + 1;
        }
        if (cpu.Machine.Arena.HasHugetlb && await HugetlbPages(cpu, page) is var pages and > 0) return pfn + pages;
        if (CompoundPages.IsTail(await cpu.Load(page.Info, Step.W2))) return pfn + 1;
        if ((await cpu.Load(page.Flags, Step.W3) & PageFlag.Lru) == 0)
        {
            if (cpu.Machine.Arena.HasHugetlb) await MovablePages.Isolate(cpu, page);
            return pfn + 1;
        }
        int head = await SpeculativeGet.Nt(cpu, pfn, Step.W4);
        if (head < 0) return pfn + 1;
        Folio folio = cpu.PfnFolio(head);
        bool lru = (await cpu.Load(folio.Flags, Step.W4) & PageFlag.Lru) != 0;
        if (lru) await IsolateAndPutBack(cpu, folio);
        await FolioReferences.Put(cpu, folio);
        return pfn + 1;
    }

    /// <summary>PageHuge() without a reference, and the pages to pass over: a racy order, hence bounded. 0 for a page of anything else.</summary>
    private static async Op<int> HugetlbPages(Cpu cpu, Page page)
    {
        int head = await CompoundPages.PageFolio(cpu, page, Step.W2);
        if (head < 0 || !await HugetlbTest.IsHugetlb(cpu, head, Step.W2)) return 0;
        ulong order = await cpu.Load(new Folio(head).SecondFlags, Step.W2) & PageFlag.OrderMask;
        return order <= Geometry.MaxOrder ? 1 << (int)order : 1;
    }

    /// <summary>folio_test_clear_lru(), the list under the lruvec lock; later folio_putback_lru().</summary>
    private static async Op IsolateAndPutBack(Cpu cpu, Folio folio)
    {
        if ((await cpu.AndNot(folio.Flags, PageFlag.Lru, Step.W5) & PageFlag.Lru) == 0) return;
        cpu.Ghost.SetLru(cpu, folio.Pfn, false);
        cpu.Deref(folio);
        await cpu.Lock(cpu.Cells.LruvecLock, Step.LruLock);
        await cpu.Unlock(cpu.Cells.LruvecLock, Step.LruUnlock);
        await FolioReferences.LruAdd(cpu, folio);
    }

    /// <summary>
    /// <c>mm/util.c:snapshot_page</c>, as kpageflags, kpagecount and dump_page use it: copies words without a reference and
    /// tries again, five times, when the copy cannot be one page of one folio. Tolerates any value.
    /// </summary>
    public static async Op Snapshot(Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        for (int tries = 0; tries < 5; tries++)
        {
            ulong info = await cpu.Load(page.Info, Step.W1);
            await cpu.Load(page.Flags, Step.W1);
            await cpu.Load(page.Counts, Step.W1);
            int head = CompoundPages.HeadOf(cpu.Policy, pfn, info);
            if (head < 0 || head >= cpu.Machine.Geometry.Pages) continue;
            bool large = (await cpu.Load(new Folio(head).Flags, Step.W2) & PageFlag.Head) != 0;
            if (!large && head == pfn) return;
            if (!large || head + 1 >= cpu.Machine.Geometry.Pages) continue;
            uint nr = await cpu.Load(new Folio(head).NrPages, Step.W3);
            // A folio of more than two pages: page[2] is part of the copy.
            if (cpu.Machine.Arena.HasHugetlb && nr > 2 && head + 2 < cpu.Machine.Geometry.Pages) await cpu.Load(new Folio(head).DeferredList, Step.W3);
            if (nr <= Geometry.MaxPages && pfn - head < nr) return;
        }
    }

    /// <summary>
    /// <c>mm/page_isolation.c:has_unmovable_pages</c> at one pfn, without a reference: free pages and LRU folios can be
    /// moved away, everything else cannot. Racy.
    /// </summary>
    public static async Op<bool> IsMovable(Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        int head = await CompoundPages.PageFolio(cpu, page, Step.W1);
        if (head < 0) return false;
        if ((await cpu.Load(new Page(head).Flags, Step.W1) & PageFlag.Lru) != 0) return true;
        return head == pfn && await cpu.Load(page.Refcount, Step.W1) == 0;
    }

    /// <summary>
    /// A lookup through a pointer that has gone stale (<c>mm/filemap.c:filemap_get_entry</c> under RCU): the reference is
    /// taken on whatever the page is by now; the slot no longer holds it, so it is put back. Any owner must bear that.
    /// </summary>
    public static async Op StaleLookup(Cpu cpu, int pfn)
    {
        if (!await FolioReferences.TryGet(cpu, new Page(pfn), 1, Step.W2)) return;
        await cpu.Yield(Step.W3); // xas_reload(): another folio
        await FolioReferences.Put(cpu, new Folio(pfn));
    }

    /// <summary>
    /// Offlining, <c>mm/memory_hotplug.c:do_migrate_range</c> at one pfn: the reference first, then every test (the order
    /// that Z21 and Z22 fixed). The pfn to go on with: past the folio that folio_nr_pages() measures.
    /// </summary>
    public static async Op<int> Offline(Cpu cpu, int pfn)
    {
        int head = await SpeculativeGet.Pf(cpu, pfn, Step.W2);
        if (head < 0) return pfn + 1;
        Folio folio = cpu.PfnFolio(head);
        int next = pfn + 1;
        if ((await cpu.Load(folio.Flags, Step.W3) & PageFlag.Head) != 0)
        {
            uint nr = await cpu.Load(folio.NrPages, Step.W3);
            cpu.Tell(MomentKind.NrPagesRead, head, nr);
            next = head + (int)nr;
        }
        if ((await cpu.Load(folio.Flags, Step.W4) & (PageFlag.HwPoison | PageFlag.Lru)) == PageFlag.Lru) await IsolateAndPutBack(cpu, folio);
        await FolioReferences.Put(cpu, folio);
        return next;
    }
}
