namespace StressFarm.Kernel.Protocols;

/// <summary>The part of a split that runs on an unmapped folio with IRQs off: S7..S13 (<c>mm/huge_memory.c</c>).</summary>
public static class FolioSplitFrozen
{
    /// <summary>What a new head inherits (T1).</summary>
    private const ulong Inherited = PageFlag.Referenced | PageFlag.Swapbacked | PageFlag.Mlocked | PageFlag.Uptodate | PageFlag.Active
        | PageFlag.Workingset | PageFlag.SwapCache | PageFlag.Locked | PageFlag.Unevictable | PageFlag.Dirty | PageFlag.Arch1;

    /// <summary><c>__folio_freeze_and_split_unmapped</c>. False, nothing changed, when the freeze found a reference too many.</summary>
    public static async Op<bool> FreezeAndSplit(Cpu cpu, Folio folio, int order, SplitShape shape, bool doLru, SplitCache cache)
    {
        int memcg = order > 1 ? await DeferredSplit.LockList(cpu, folio, Step.S7) : 0;
        bool frozen = await Freeze(cpu, folio, 1 + (uint)cache.Refs(1 << order));
        if (frozen && order > 1) await Dequeue(cpu, folio);
        if (order > 1) await cpu.Unlock(cpu.Cells.DeferredLockOf(memcg), Step.S9);
        if (!frozen)
        {
            cpu.Machine.Splits.AgainFreeze++;
            return false;
        }
        if (cache.InSwap) await cpu.Lock(cpu.Cells.SwapLock, Step.S10);
        if (doLru) await cpu.Lock(cpu.Cells.LruvecLock, Step.S10);
        await SplitUnmappedFolio(cpu, folio.Pfn, order, shape, cache);
        await UnfreezeParts(cpu, folio, order, shape, doLru, cache);
        if (cache.InSwap) await cpu.Unlock(cpu.Cells.SwapLock, Step.S13);
        cpu.Machine.Splits.Done++;
        return true;
    }

    /// <summary>S8: page_ref_freeze(1 + what caches hold). Z14 expects whatever it reads; SPL=NOFREEZE skips it.</summary>
    private static async Op<bool> Freeze(Cpu cpu, Folio folio, uint expected)
    {
        if (cpu.Policy.Spl == Spl.NoFreeze) return true;
        if (cpu.Policy.Has(Deviation.FreezeCurrentCount)) expected = await cpu.Load(folio.Refcount, Step.S8);
        if (!await cpu.CmpXchg(folio.Refcount, expected, 0, Step.S8)) return false;
        cpu.Tell(MomentKind.Frozen, folio.Pfn, expected);
        cpu.Ghost.Freeze(cpu, folio.Pfn);
        return true;
    }

    /// <summary>S9.</summary>
    private static async Op Dequeue(Cpu cpu, Folio folio)
    {
        if (await cpu.Load(folio.DeferredList, Step.S9) == cpu.Memory.AddressOf(folio.DeferredList)) return;
        await cpu.AndNot(folio.SecondFlags, PageFlag.PartiallyMapped, Step.S9);
        await DeferredSplit.Delete(cpu, folio, Step.S9);
    }

    /// <summary>
    /// S11, <c>__split_unmapped_folio</c>. There are no anonymous folios of order 1. The slots of the page cache keep leading to
    /// the original; Z03 (SPL=XA_INTERMEDIATE) stores the part that is being split.
    /// </summary>
    private static async Op SplitUnmappedFolio(Cpu cpu, int pfn, int order, SplitShape shape, SplitCache cache)
    {
        if (shape.Uniform)
        {
            if (cache.InFile) await XArray.Split(cpu, cache.Mapping, cache.Index, order, shape.NewOrder, pfn);
            await SplitFolioToOrder(cpu, pfn, order, shape.NewOrder, cache);
            return;
        }
        int old = order;
        for (int next = order - 1; next >= shape.NewOrder; next--)
        {
            if (next == 1 && !cache.InFile) continue;
            int part = await CompoundPages.PageFolio(cpu, new Page(shape.SplitAt), Step.S11);
            if (cache.InFile)
                await XArray.Split(cpu, cache.Mapping, cache.Index + part - pfn, old, next, cpu.Policy.Spl == Spl.XaIntermediate ? part : pfn);
            await SplitFolioToOrder(cpu, part, old, next, cache);
            old = next;
        }
    }

    /// <summary><c>__split_folio_to_order</c>: new heads in ascending order, then the original.</summary>
    private static async Op SplitFolioToOrder(Cpu cpu, int pfn, int order, int newOrder, SplitCache cache)
    {
        bool poisoned = cpu.Machine.Arena.HasHugetlb
            && (await cpu.Load(new Folio(pfn).SecondFlags, Step.S11) & PageFlag.HasHwpoisoned) != 0;
        if (poisoned) await cpu.AndNot(new Folio(pfn).SecondFlags, PageFlag.HasHwpoisoned, Step.S11);
        for (int i = 1 << newOrder; i < 1 << order; i += 1 << newOrder)
        {
            await SplitOff(cpu, pfn, i, newOrder, cache);
            if (poisoned && newOrder > 0) await MarkPoisoned(cpu, pfn + i, newOrder);
        }
        if (newOrder > 0)
        {
            await CompoundPages.SetOrder(cpu, pfn, newOrder);
            if (poisoned) await MarkPoisoned(cpu, pfn, newOrder);
            // folio_set_order() writes both; under CMP=RFC prep_compound_page() no longer does.
            if (cpu.Policy.SeparatesFolios) await cpu.Store(new Folio(pfn).NrPages, 1u << newOrder, Step.C3);
        }
        else
        {
            await cpu.AndNot(new Page(pfn).Flags, PageFlag.Head, Step.T7); // ClearPageCompound()
        }
        cpu.Ghost.Shrink(pfn, newOrder);
    }

    /// <summary>T7, <c>page_range_has_hwpoisoned</c>: the part that holds the poisoned page keeps has_hwpoisoned.</summary>
    private static async Op MarkPoisoned(Cpu cpu, int pfn, int order)
    {
        ulong seen = 0;
        for (int i = 0; i < 1 << order; i++) seen |= await cpu.Load(new Page(pfn + i).Flags, Step.T7);
        if ((seen & PageFlag.HwPoison) != 0) await cpu.Or(new Folio(pfn).SecondFlags, PageFlag.HasHwpoisoned, Step.T7);
    }

    /// <summary>T1..T7 for the new head at <paramref name="i"/> pages after the old one.</summary>
    private static async Op SplitOff(Cpu cpu, int pfn, int i, int newOrder, SplitCache cache)
    {
        Page old = new(pfn), page = new(pfn + i);
        if (cpu.Policy.Checks == Checks.On && cpu.Peek(page.Mapcount) != uint.MaxValue)
            cpu.Printk("VM_BUG_ON_PAGE(atomic_read(&new_folio->_mapcount) != -1)");
        ulong inherited = await cpu.Load(old.Flags, Step.T1) & Inherited;
        ulong flags = await cpu.Load(page.Flags, Step.T1);
        await cpu.Store(page.Flags, (flags & ~PageFlag.CheckAtPrep) | inherited, Step.T1);
        await cpu.Store(page.Mapping, await cpu.Load(old.Mapping, Step.T2), Step.T2);
        await cpu.Store(page.Index, await cpu.Load(old.Index, Step.T2) + (ulong)i, Step.T2);
        if (cpu.Policy.Checks == Checks.On && cpu.Peek(page.Private) != 0)
            cpu.Printk("VM_WARN_ON_ONCE_PAGE(new_folio->private)");
        if (cache.InSwap) await cpu.Store(page.Private, await cpu.Load(old.Private, Step.T3) + (ulong)i, Step.T3);
        await cpu.Fence(FenceKind.Wmb, Step.T4);
        await cpu.Store(page.Info, 0, Step.T5);
        cpu.Ghost.SplitOff(cpu, page.Pfn, newOrder);
        if (newOrder > 0)
        {
            await CompoundPages.Prep(cpu, page.Pfn, newOrder);
            await CompoundPages.PageRmappableFolio(cpu, page.Pfn);
        }
        await cpu.Store(page.MemcgData, await cpu.Load(old.MemcgData, Step.T7), Step.T7);
    }

    /// <summary>S12, S13: the new folios in ascending order, the original last; SPL=ORIG_FIRST turns that round.</summary>
    private static async Op UnfreezeParts(Cpu cpu, Folio folio, int order, SplitShape shape, bool doLru, SplitCache cache)
    {
        ulong flags = await cpu.Load(folio.Flags, Step.S12);
        bool device = (flags & PageFlag.ZoneMask) == PageFlag.ZoneDevice, lru = doLru && (flags & PageFlag.Lru) != 0;
        bool origFirst = cpu.Policy.Spl == Spl.OrigFirst;
        int part = await FolioSplit.Next(cpu, folio.Pfn, Step.S12);
        uint origRefs = 1 + (uint)cache.Refs(part - folio.Pfn);
        if (origFirst) await Unfreeze(cpu, folio.Pfn, origRefs, Step.S13);
        while (part < folio.Pfn + (1 << order))
        {
            int next = await FolioSplit.Next(cpu, part, Step.S12);
            bool early = cpu.Policy.Spl == Spl.EarlyUnfreeze;
            uint refs = 1 + (uint)cache.Refs(next - part);
            if (early) await UnfreezeNew(cpu, part, refs);
            if (device) await DeviceSplit(cpu, folio.Head, new Page(part));
            if (!early) await UnfreezeNew(cpu, part, refs);
            if (lru)
            {
                await cpu.Or(new Page(part).Flags, PageFlag.Lru, Step.S12);
                cpu.Ghost.SetLru(cpu, part, true);
            }
            if (cache.InSwap) await SwapCache.Replace(cpu, part, next - part);
            if (cache.InFile) await FileSplit.StorePart(cpu, cache, part, cache.Index + part - folio.Pfn, next - part);
            part = next;
        }
        if (!origFirst) await Unfreeze(cpu, folio.Pfn, origRefs, Step.S13);
        cpu.Tell(MomentKind.SplitDone, folio.Pfn, (ulong)order, shape.Uniform ? (ulong)shape.NewOrder : 255);
        if (doLru) await cpu.Unlock(cpu.Cells.LruvecLock, Step.S13);
    }

    private static async Op UnfreezeNew(Cpu cpu, int pfn, uint refs)
    {
        cpu.Release(); // page_ref_unfreeze()
        await cpu.Store(new Page(pfn).Refcount, refs, Step.S12);
        cpu.Ghost.FirstRef(cpu, pfn);
        cpu.Tell(MomentKind.Unfreezing, pfn, refs);
        cpu.Ghost.Unfreeze(cpu, pfn);
    }

    private static async Op Unfreeze(Cpu cpu, int pfn, uint refs, Step step)
    {
        cpu.Release();
        await cpu.Store(new Page(pfn).Refcount, refs, step);
        cpu.Tell(MomentKind.Unfreezing, pfn, refs);
        cpu.Ghost.Unfreeze(cpu, pfn);
    }

    /// <summary>
    /// T9, <c>zone_device_private_split_cb</c>: T5 cleared the word that is pgmap, and the driver's data of the new head was
    /// a tail's.
    /// </summary>
    private static async Op DeviceSplit(Cpu cpu, Page original, Page part)
    {
        await cpu.Store(part.Pgmap, await cpu.Load(original.Pgmap, Step.T9), Step.T9);
        await cpu.Store(part.ZoneDeviceData, await cpu.Load(original.ZoneDeviceData, Step.T9), Step.T9);
        await cpu.Store(part.Mapping, await cpu.Load(original.Mapping, Step.T9), Step.T9);
    }
}
