namespace StressFarm.Kernel.Protocols;

/// <summary>Device-private memory: free, and what DPM undoes there (spec 3.6; <c>mm/memremap.c</c>).</summary>
public static class DeviceMemory
{
    /// <summary>A device folio as the driver hands it out: popped and through ZINIT, locked, one reference. -1 when memory is out.</summary>
    public static async Op<DeviceBlock> Alloc(Cpu cpu, int order, int choice)
    {
        DeviceBlock block = await DeviceAllocation.Pop(cpu, order, choice);
        if (!block.IsNone) await ZoneDeviceInit.Folio(cpu, block.Pfn, block.Order);
        return block;
    }

    /// <summary>folio_nr_pages(): 1, or _nr_pages as it reads.</summary>
    public static async Op<int> NrPages(Cpu cpu, Folio folio, Step step)
    {
        if ((await cpu.Load(folio.Flags, step) & PageFlag.Head) == 0) return 1;
        return (int)await cpu.Load(folio.NrPages, step);
    }

    /// <summary>folio_order(): 0, or the low byte of page[1].flags.</summary>
    public static async Op<int> Order(Cpu cpu, Folio folio, Step step)
    {
        if ((await cpu.Load(folio.Flags, step) & PageFlag.Head) == 0) return 0;
        return (int)(await cpu.Load(folio.SecondFlags, step) & PageFlag.OrderMask);
    }

    /// <summary><c>mm/memremap.c:free_zone_device_folio</c>, D1..D6: the refcount is 0.</summary>
    public static async Op FreeFolio(Cpu cpu, Folio folio)
    {
        if (cpu.Peek(cpu.Cells.PgmapType) != 0)
        {
            await FreeDaxFolio(cpu, folio);
            return;
        }
        ulong pgmap = await cpu.Load(folio.Head.Pgmap, Step.D1);
        cpu.Tell(MomentKind.PgmapRead, folio.Pfn, pgmap);
        // The kernel checks nothing here (spec 8); the invariants of a free hold all the same.
        cpu.Tell(MomentKind.FreeCheck, folio.Pfn);
        int nr = await NrPages(cpu, folio, Step.D1);
        if (await cpu.Load(folio.Head.MemcgData, Step.D2) != 0) await cpu.Store(folio.Head.MemcgData, 0, Step.D2);
        if ((await cpu.Load(folio.Head.Mapping, Step.D3) & Layout.MappingAnon) != 0) await ClearAnonExclusive(cpu, folio, nr);
        await cpu.Store(folio.Head.Mapping, 0, Step.D4);
        int order = await Order(cpu, folio, Step.D5);
        cpu.Tell(MomentKind.DeviceGoesBack, folio.Pfn, (ulong)order);
        // FREE_CORE: the order is passed to the driver, since the folio no longer knows it.
        if (cpu.Policy.Dpm == Dpm.FreeCore) await Undo(cpu, folio, order, pgmap);
        await FolioFree(cpu, folio, order, pgmap);
        // From here on I46 watches this CPU's reads of the range.
        cpu.GiveAway(folio.Pfn, 1 << order);
        if (cpu.Policy.Has(Deviation.PgmapReadAfterFolioFree)) pgmap = await cpu.Load(folio.Head.Pgmap, Step.D6);
        await PutPgmap(cpu, pgmap, nr);
        cpu.GiveAway(0, 0);
    }

    /// <summary>
    /// MEMORY_DEVICE_FS_DAX: whoever waits for the page to be idle is woken, and that is all: entries still lead to the folio, large
    /// as it is. Z04 was a check here that took every folio for small by now. v7.3 reads pgmap and the folio's size first, at refcount
    /// 0, when a truncation may already have given the block away (candidate C11); the mended design reads nothing.
    /// </summary>
    private static async Op FreeDaxFolio(Cpu cpu, Folio folio)
    {
        if (cpu.Policy.DaxPut == DaxPut.Reads)
        {
            ulong pgmap = await cpu.Load(folio.Head.Pgmap, Step.D1);
            cpu.Tell(MomentKind.PgmapRead, folio.Pfn, pgmap);
            await NrPages(cpu, folio, Step.D1);
        }
        if (cpu.Policy.Has(Deviation.DaxFoliosThoughtSmall) && (await cpu.Load(folio.Flags, Step.D2) & PageFlag.Head) != 0)
            cpu.Printk("VM_WARN_ON_ONCE_FOLIO(folio_test_large(folio))");
        await cpu.Yield(Step.DaxBusy); // wake_up_var()
    }

    /// <summary>D5, ops->folio_free(): the driver may issue any page of the range again at once.</summary>
    private static async Op FolioFree(Cpu cpu, Folio folio, int order, ulong pgmap)
    {
        if (cpu.Policy.Dpm is Dpm.FreeDrv or Dpm.Dax) await Undo(cpu, folio, order, pgmap);
        await DeviceAllocation.Push(cpu, folio.Pfn, order);
    }

    /// <summary>percpu_ref_put_many() on whatever the pointer says.</summary>
    private static async Op PutPgmap(Cpu cpu, ulong pgmap, int nr)
    {
        if (pgmap != Boot.PgmapAddress)
        {
            cpu.Printk($"BUG: unable to handle page fault: percpu_ref_put_many() of pgmap {pgmap:x}");
            return;
        }
        await cpu.Add(cpu.Cells.PgmapRef, -nr, Step.D6);
    }

    /// <summary>D3: __ClearPageAnonExclusive() on every subpage, not atomic.</summary>
    private static async Op ClearAnonExclusive(Cpu cpu, Folio folio, int nr)
    {
        int end = folio.Pfn + nr;
        int exact = nr <= 1 << cpu.Machine.Arena.ExactOrder ? end : folio.Pfn + 4;
        for (int i = folio.Pfn; i < exact; i++)
        {
            ulong flags = await cpu.Load(new Page(i).Flags, Step.D3);
            await cpu.Store(new Page(i).Flags, flags & ~PageFlag.AnonExclusive, Step.D3);
        }
        for (int first = exact; first < end; first = (first | 63) + 1)
        {
            await cpu.Burst(new Page(first).Flags, Step.D3);
            for (int i = first; i <= (first | 63) && i < end; i++)
                cpu.Poke(new Page(i).Flags, cpu.Peek(new Page(i).Flags) & ~PageFlag.AnonExclusive);
        }
    }

    /// <summary>
    /// DPM=FREE_*: folio_reset_order(), then each page of the former folio becomes a page of its own: PG_head and word 8,
    /// pgmap, mapping, share (spec 4.2; v3 folio_split_unref, v4 free_zone_device_folio_prepare). Flag bits 8, 9 and 16 of
    /// page[1] are left.
    /// </summary>
    internal static async Op Undo(Cpu cpu, Folio folio, int order, ulong pgmap)
    {
        if (order == 0)
        {
            await cpu.Store(folio.Head.Index, 0, Step.DReset);
            return;
        }
        ulong second = await cpu.Load(folio.SecondFlags, Step.DReset);
        await cpu.Store(folio.SecondFlags, second & ~PageFlag.OrderMask, Step.DReset);
        await cpu.Store(folio.NrPages, 0, Step.DReset);
        int end = folio.Pfn + (1 << order);
        int exact = order <= cpu.Machine.Arena.ExactOrder ? end : folio.Pfn + 4;
        for (int i = folio.Pfn; i < exact; i++)
        {
            var page = new Page(i);
            await cpu.AndNot(page.Flags, PageFlag.Head, Step.DReset);
            await cpu.Store(page.Info, 0, Step.DReset);
            await cpu.Store(page.Mapping, 0, Step.DReset);
            await cpu.Store(page.Pgmap, pgmap, Step.DReset);
            await cpu.Store(page.Index, 0, Step.DReset);
        }
        for (int first = exact; first < end; first = (first | 63) + 1)
        {
            await cpu.Burst(new Page(first).Flags, Step.DReset);
            for (int i = first; i <= (first | 63) && i < end; i++)
            {
                var page = new Page(i);
                cpu.Poke(page.Flags, cpu.Peek(page.Flags) & ~PageFlag.Head);
                cpu.Poke(page.Mapping, 0);
                cpu.Poke(page.Pgmap, pgmap);
                cpu.Poke(page.Index, 0);
            }
        }
    }
}
