namespace StressFarm.Kernel.Protocols;

/// <summary>
/// The deferred split shrinker (<c>mm/huge_memory.c:deferred_split_scan</c>): folios that can be had go to a private list under
/// the list's lock, and are split one after the other. While the shrinker has a reference nobody can freeze them, so nobody
/// unlinks them; but anybody may ask whether they are on a list.
/// </summary>
public static class DeferredSplitScan
{
    /// <param name="underused">folios that are mapped as a whole count as underused, and are split too</param>
    public static async Op Run(Cpu cpu, int memcg, int count, bool underused)
    {
        Word mine = cpu.Cells.ShrinkHead(cpu.Number);
        await Isolate(cpu, memcg, mine, count);
        while (true)
        {
            int page = PageOf(cpu, await cpu.Load(mine, Step.ScanDel));
            if (page < 0) return;
            Folio folio = cpu.PfnFolio(page - 2); // this CPU's reference
            await TakeOff(cpu, folio);
            await SplitOne(cpu, folio, underused);
        }
    }

    /// <summary>deferred_split_isolate(): without a reference to be had the folio is being freed or frozen, and left alone.</summary>
    private static async Op Isolate(Cpu cpu, int memcg, Word mine, int count)
    {
        await cpu.Lock(cpu.Cells.DeferredLockOf(memcg), Step.ScanLock);
        ulong at = await cpu.Load(cpu.Cells.DeferredHeadOf(memcg), Step.ScanIsolate);
        for (int page; count > 0 && (page = PageOf(cpu, at)) >= 0; count--)
        {
            var folio = new Folio(page - 2);
            at = await cpu.Load(folio.DeferredList, Step.ScanIsolate);
            if (!await FolioReferences.TryGet(cpu, folio.Head, 1, Step.ScanIsolate)) continue;
            await DeferredSplit.Delete(cpu, folio, Step.ScanIsolate);
            await Lists.AddTail(cpu, folio.DeferredList, mine, Step.ScanIsolate);
            cpu.Ghost.SetQueued(folio.Pfn, true);
        }
        await cpu.Unlock(cpu.Cells.DeferredLockOf(memcg), Step.ScanUnlock);
    }

    /// <summary>The page whose words are the list node at an address; -1 for a head, which is no page's.</summary>
    private static int PageOf(Cpu cpu, ulong address) => cpu.Memory.PfnAt(address);

    /// <summary>
    /// list_del_init(). It writes two words, and between them the node looks like an empty list: under the lock of the list
    /// that somebody else would put it on. The specification reads v7.3 as doing it without.
    /// </summary>
    private static async Op TakeOff(Cpu cpu, Folio folio)
    {
        int memcg = await DeferredSplit.LockList(cpu, folio, Step.ScanDel);
        await DeferredSplit.Delete(cpu, folio, Step.ScanDel);
        await cpu.Unlock(cpu.Cells.DeferredLockOf(memcg), Step.ScanDel);
    }

    private static async Op SplitOne(Cpu cpu, Folio folio, bool underused)
    {
        bool partially = (await cpu.Load(folio.SecondFlags, Step.ScanSplit) & PageFlag.PartiallyMapped) != 0, split = false;
        if ((partially || underused) && await FolioReferences.TryLock(cpu, folio, Step.ScanSplit))
        {
            split = await FolioSplit.Split(cpu, folio, new SplitShape(0, folio.Pfn, true), lockAt: folio.Pfn) == SplitResult.Done;
            await FolioReferences.Unlock(cpu, split ? cpu.PfnFolio(folio.Pfn) : folio, Step.ScanSplit);
        }
        if (split) folio = cpu.PfnFolio(folio.Pfn);
        else if ((await cpu.Load(folio.SecondFlags, Step.ScanRequeue) & PageFlag.PartiallyMapped) != 0) await DeferredSplit.Queue(cpu, folio);
        await FolioReferences.Put(cpu, folio, 1, Step.ScanSplit);
    }

    /// <summary><c>map_anon_folio_pmd</c>: a folio that was faulted in as a whole is queued as perhaps underused.</summary>
    public static async Op QueueWhole(Cpu cpu, int mm, int table)
    {
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.Queue));
        if (pmd.IsPresent)
        {
            Folio folio = cpu.PfnFolio(pmd.Pfn); // mapped, under the lock
            if ((await cpu.Load(folio.SecondFlags, Step.Queue) & PageFlag.PartiallyMapped) == 0) await DeferredSplit.Queue(cpu, folio, partially: false);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
    }
}
