namespace StressFarm.Kernel.Protocols;

/// <summary>
/// khugepaged (<c>mm/khugepaged.c:collapse_huge_page</c>): the single pages of one table become one folio under a PMD entry.
/// The table is taken out of reach, lockless walkers are waited for, and only then are the pages' references counted. Walks by
/// rmap are kept out by anon_vma->root->rwsem; faults and forks, which mmap_lock keeps out in the kernel, by the entry.
/// </summary>
public static class Collapse
{
    public static async Op Run(Cpu cpu, int mm, int table)
    {
        int order = cpu.Machine.Arena.PmdOrder;
        if (order < 2 || !await LooksCollapsible(cpu, mm, table)) return;
        int pfn = await BuddyAllocator.AllocPages(cpu, order, Alloc.Folio, Owner.Folio);
        if (pfn < 0) return;
        await cpu.Store(new Page(pfn).MemcgData, AnonMemory.MemcgOf(cpu, mm), Step.CollapsePmd);
        cpu.Ghost.PublishAnon(cpu, pfn);
        Folio target = cpu.PfnFolio(pfn);
        await cpu.Lock(cpu.Cells.AnonVmaRoot, Step.CollapsePmd);
        bool done = false;
        if (await TakeTable(cpu, mm, table))
        {
            int isolated = await IsolatePages(cpu, mm, table);
            done = isolated == 1 << order;
            if (done) await MoveEntries(cpu, target, mm, table);
            else await GiveTableBack(cpu, mm, table, isolated);
        }
        await cpu.Unlock(cpu.Cells.AnonVmaRoot, Step.CollapsePmd);
        if (!done) await FolioReferences.Put(cpu, target);
    }

    /// <summary>hpage_collapse_scan_pmd(), in short.</summary>
    private static async Op<bool> LooksCollapsible(Cpu cpu, int mm, int table)
    {
        int order = cpu.Machine.Arena.PmdOrder;
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        bool all = await cpu.Load(cpu.Cells.Pmd(mm, table), Step.CollapsePmd) == 0;
        for (int i = 0; i < 1 << order && all; i++)
            all = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, (table << order) + i), Step.CollapsePmd)).IsPresent;
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        return all;
    }

    /// <summary>pmdp_collapse_flush() and tlb_remove_table_sync_one().</summary>
    private static async Op<bool> TakeTable(Cpu cpu, int mm, int table)
    {
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        bool there = await cpu.Load(cpu.Cells.Pmd(mm, table), Step.CollapsePmd) == 0;
        if (there) await cpu.Store(cpu.Cells.Pmd(mm, table), PageTableEntry.Collapsing.Raw, Step.CollapsePmd);
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        if (there) await GracePeriods.Interrupt(cpu);
        return there;
    }

    /// <summary>
    /// <c>__collapse_huge_page_isolate</c>: each page small, mapped here and nowhere else, with no other reference, locked and
    /// off the LRU. How many were, up to the first that was not.
    /// </summary>
    private static async Op<int> IsolatePages(Cpu cpu, int mm, int table)
    {
        int order = cpu.Machine.Arena.PmdOrder, done = 0;
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        for (; done < 1 << order; done++)
        {
            var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, (table << order) + done), Step.CollapseIsolate));
            if (!pte.IsPresent || !pte.IsWrite || pte.IsSpecial || !await IsolatePage(cpu, pte.Pfn)) break;
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        return done;
    }

    private static async Op<bool> IsolatePage(Cpu cpu, int pfn)
    {
        Folio folio = cpu.PfnFolio(pfn); // mapped, under the lock
        if (CompoundPages.IsTail(await cpu.Load(folio.Head.Info, Step.CollapseIsolate))) return false;
        if ((await cpu.Load(folio.Flags, Step.CollapseIsolate) & PageFlag.Head) != 0) return false;
        if ((await cpu.Load(folio.Head.Mapping, Step.CollapseIsolate) & Layout.MappingAnon) == 0) return false;
        if (!await FolioReferences.TryLock(cpu, folio, Step.CollapseIsolate)) return false;
        if (await cpu.Load(folio.Refcount, Step.CollapseIsolate) == 1 && await cpu.Load(folio.Head.Mapcount, Step.CollapseIsolate) == 0
            && await SplitByAddress.Isolate(cpu, folio))
        {
            await FolioReferences.Get(cpu, folio, 1, Step.CollapseIsolate);
            return true;
        }
        await FolioReferences.Unlock(cpu, folio, Step.CollapseIsolate);
        return false;
    }

    /// <summary>The pages were copied: their entries go, and the folio takes their place under the PMD entry.</summary>
    private static async Op MoveEntries(Cpu cpu, Folio target, int mm, int table)
    {
        int order = cpu.Machine.Arena.PmdOrder, first = table << order;
        for (int i = 0; i < 1 << order; i++)
        {
            Word ptep = cpu.Cells.Pte(mm, first + i);
            await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
            var pte = new PageTableEntry(await cpu.Load(ptep, Step.CollapseClear));
            Folio folio = cpu.PfnFolio(pte.Pfn); // this CPU's reference
            await cpu.Store(ptep, 0, Step.CollapseClear);
            cpu.Ghost.ThreadToPte(cpu, pte.Pfn, -1);
            await Rmap.RemovePtes(cpu, folio, folio.Head, 1, mm, large: false);
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
            await FolioReferences.Unlock(cpu, folio, Step.CollapseClear);
            await FolioReferences.Put(cpu, folio, 2, Step.CollapseClear);
        }
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        await cpu.Store(target.Head.Mapping, AnonMemory.AnonMapping(mm), Step.CollapseMap);
        await cpu.Store(target.Head.Index, (ulong)first, Step.CollapseMap);
        await cpu.Or(target.Flags, PageFlag.Swapbacked | PageFlag.Uptodate, Step.CollapseMap);
        await Rmap.NewAnon(cpu, target, order, mm, pmd: true);
        await FolioReferences.LruAdd(cpu, target);
        await cpu.Store(cpu.Cells.Pmd(mm, table), PageTableEntry.Present(target.Pfn).Raw, Step.CollapseMap);
        cpu.Ghost.DepositTable(mm, table);
        cpu.Ghost.ThreadToPte(cpu, target.Pfn, 1);
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
    }

    /// <summary>pmd_populate() with the old table, and the pages back on the LRU.</summary>
    private static async Op GiveTableBack(Cpu cpu, int mm, int table, int isolated)
    {
        int order = cpu.Machine.Arena.PmdOrder;
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        await cpu.Store(cpu.Cells.Pmd(mm, table), 0, Step.CollapsePmd);
        for (int i = 0; i < isolated; i++)
        {
            var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, (table << order) + i), Step.CollapsePmd));
            Folio folio = cpu.PfnFolio(pte.Pfn); // this CPU's reference
            await FolioReferences.Unlock(cpu, folio, Step.CollapsePmd);
            await FolioReferences.LruAdd(cpu, folio);
            await FolioReferences.Put(cpu, folio, 1, Step.CollapsePmd);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
    }
}
