namespace StressFarm.Kernel.Protocols;

/// <summary>
/// FS-DAX (<c>fs/dax.c</c>): device pages of a file system, mapped straight from DAX entries. A folio is made when an entry first
/// leads to it and undone when the last one goes (share at 0); its refcount counts mappings and pins only, and may come to 0 and
/// back any number of times in between. The blocks come from the driver's allocator, which stands for the file system's.
/// </summary>
public static class FsDax
{
    /// <summary>DAX entries of the one file.</summary>
    public const int Entries = Geometry.DaxEntries;
    private const int FirstSlot = 128, SlotsPerEntry = 8;
    private const ulong EntryLock = 1;
    private const int OrderShift = 1, PfnShift = 8;

    /// <summary>The page table slot at which every mm maps an entry.</summary>
    public static int SlotOf(int entry) => FirstSlot + entry * SlotsPerEntry;

    private static ulong Value(int pfn, int order) => ((ulong)pfn << PfnShift) | ((ulong)order << OrderShift);
    private static int PfnOf(ulong entry) => (int)(entry >> PfnShift);
    private static int OrderOf(ulong entry) => (int)(entry >> OrderShift) & 0xf;

    /// <summary>Set-up: the section's device memory is of type MEMORY_DEVICE_FS_DAX.</summary>
    public static async Op SetType(Cpu cpu) => await cpu.Store(cpu.Cells.PgmapType, 1, Step.Memremap);

    /// <summary>
    /// The same where it may have been of another type. Another pgmap means another memmap: nothing is left of what device-private
    /// folios wrote there, nor of the lists of their driver.
    /// </summary>
    public static async Op SetTypeAnew(Cpu cpu)
    {
        await MemorySections.InitMemmap(cpu, cpu.Machine.Geometry.DeviceBase, cpu.Machine.Arena.DevicePages, device: true);
        await PgmapLife.ForgetLists(cpu);
        await SetType(cpu);
    }

    /// <summary><c>dax_iomap_fault</c>: an entry, its folio on first use, and one page of it mapped, or all of it by a PMD.</summary>
    public static async Op Fault(Cpu cpu, int mm, int entry, int order, int page)
    {
        Word entryp = cpu.Cells.DaxEntry(entry);
        await cpu.Lock(entryp, Step.DaxEntry, EntryLock);
        ulong value = await cpu.Load(entryp, Step.DaxEntry) & ~EntryLock;
        if (value == 0)
        {
            DeviceBlock block = await DeviceAllocation.Pop(cpu, order, 0);
            if (!block.IsNone)
            {
                await Associate(cpu, block.Pfn, block.Order, entry);
                value = Value(block.Pfn, block.Order);
                await cpu.Store(entryp, value | EntryLock, Step.DaxEntry);
            }
        }
        if (value != 0) await MapEntry(cpu, mm, entry, value, page);
        await cpu.Unlock(entryp, Step.DaxEntry, EntryLock);
    }

    /// <summary><c>dax_associate_entry</c>, <c>dax_folio_init</c>: PREP_COMPOUND of pages at refcount 0; no flag, no folio fields beyond it.</summary>
    private static async Op Associate(Cpu cpu, int pfn, int order, int entry)
    {
        var folio = new Folio(pfn);
        int id = cpu.Ghost.Create(cpu, pfn, order, Owner.DevFolio, rmappable: order > 0);
        cpu.Ghost[id].ShareLife = true;
        if ((await cpu.Load(folio.Flags, Step.DaxInit) & PageFlag.Head) != 0) cpu.Printk("WARNING in dax_folio_init (folio_order(folio))");
        if (order > 0) await CompoundPages.Prep(cpu, pfn, order);
        await cpu.Store(folio.Head.Mapping, PageCache.MappingAddress(0), Step.DaxInit);
        await cpu.Store(folio.Head.Index, (ulong)entry, Step.DaxInit);
        cpu.Ghost.Publish(cpu, id);
    }

    /// <summary>folio_ref_inc() from 0 or more, <c>vmf_insert_page_mkwrite</c> or <c>vmf_insert_folio_pmd</c>, folio_put().</summary>
    private static async Op MapEntry(Cpu cpu, int mm, int entry, ulong value, int page)
    {
        int order = OrderOf(value), pmdOrder = cpu.Machine.Arena.PmdOrder;
        Folio folio = cpu.PfnFolio(PfnOf(value));
        bool pmd = page < 0 && order == pmdOrder;
        int at = Math.Max(page, 0) & ((1 << order) - 1), slot = SlotOf(entry) + at, table = AnonMemory.TableOf(cpu, slot);
        await FolioReferences.Get(cpu, folio, 1, Step.DaxMap);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        if (await AnonMemory.RangeIsNone(cpu, mm, pmd ? SlotOf(entry) : slot, pmd ? 1 << order : 1))
        {
            await FolioReferences.Get(cpu, folio, 1, Step.DaxMap);
            if (pmd) await Rmap.AddPmd(cpu, folio, mm);
            else await Rmap.AddPtes(cpu, folio, new Page(folio.Pfn + at), 1, mm, large: order > 0);
            Word cell = pmd ? cpu.Cells.Pmd(mm, table) : cpu.Cells.Pte(mm, slot);
            await cpu.Store(cell, PageTableEntry.Present(folio.Pfn + (pmd ? 0 : at)).Raw, Step.DaxMap);
            cpu.Ghost.ThreadToPte(cpu, folio.Pfn, 1);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary>A reflink: a second entry leads to the folio of the first. mapping goes, share counts the entries (<c>dax_folio_make_shared</c>).</summary>
    public static async Op Share(Cpu cpu, int from, int to)
    {
        if (from >= to) return;
        await cpu.Lock(cpu.Cells.DaxEntry(from), Step.DaxEntry, EntryLock);
        await cpu.Lock(cpu.Cells.DaxEntry(to), Step.DaxEntry, EntryLock);
        ulong value = await cpu.Load(cpu.Cells.DaxEntry(from), Step.DaxEntry) & ~EntryLock;
        if (value != 0 && (await cpu.Load(cpu.Cells.DaxEntry(to), Step.DaxEntry) & ~EntryLock) == 0)
        {
            var folio = new Folio(PfnOf(value));
            await cpu.Lock(cpu.Cells.DaxShareLock, Step.DaxShare); // the file system's: two entries of one folio
            if (await cpu.Load(folio.Head.Mapping, Step.DaxShare) != 0)
            {
                await cpu.Store(folio.Head.Mapping, 0, Step.DaxShare);
                await cpu.Store(folio.Head.Index, 1, Step.DaxShare);
            }
            await cpu.Store(folio.Head.Index, await cpu.Load(folio.Head.Index, Step.DaxShare) + 1, Step.DaxShare);
            await cpu.Unlock(cpu.Cells.DaxShareLock, Step.DaxShare);
            await cpu.Store(cpu.Cells.DaxEntry(to), value | EntryLock, Step.DaxEntry);
        }
        await cpu.Unlock(cpu.Cells.DaxEntry(to), Step.DaxEntry, EntryLock);
        await cpu.Unlock(cpu.Cells.DaxEntry(from), Step.DaxEntry, EntryLock);
    }

    /// <summary>
    /// Truncation of an entry: unmapped (<c>dax_layout_busy_page</c>), given up while anybody holds a reference, and disassociated.
    /// </summary>
    public static async Op Truncate(Cpu cpu, int entry)
    {
        Word entryp = cpu.Cells.DaxEntry(entry);
        await cpu.Lock(entryp, Step.DaxEntry, EntryLock);
        ulong value = await cpu.Load(entryp, Step.DaxEntry) & ~EntryLock;
        if (value != 0)
        {
            for (int mm = 0; mm < Geometry.MaxMms; mm++)
                for (int i = 0; i < 1 << OrderOf(value); i++) await Zap.Slot(cpu, mm, SlotOf(entry) + i);
            Folio folio = cpu.PfnFolio(PfnOf(value));
            await cpu.Lock(cpu.Cells.DaxShareLock, Step.DaxShare);
            if (await cpu.Load(folio.Refcount, Step.DaxBusy) == 0)
            {
                await FolioPut(cpu, folio, OrderOf(value));
                await cpu.Store(entryp, EntryLock, Step.DaxEntry);
            }
            await cpu.Unlock(cpu.Cells.DaxShareLock, Step.DaxShare);
        }
        await cpu.Unlock(entryp, Step.DaxEntry, EntryLock);
    }

    /// <summary><c>dax_folio_put</c>: at share 0 every page is a page of its own again, and its block is free.</summary>
    private static async Op FolioPut(Cpu cpu, Folio folio, int order)
    {
        bool shared = await cpu.Load(folio.Head.Mapping, Step.DaxShare) == 0;
        if (shared)
        {
            ulong share = await cpu.Load(folio.Head.Index, Step.DaxShare) - 1;
            await cpu.Store(folio.Head.Index, share, Step.DaxShare);
            if (share != 0) return;
        }
        cpu.Ghost.EndShareLife(cpu, folio.Pfn);
        cpu.Tell(MomentKind.FreeCheck, folio.Pfn, (ulong)order);
        await cpu.Store(folio.Head.Mapping, 0, Step.DReset);
        ulong pgmap = await cpu.Load(folio.Head.Pgmap, Step.DReset); // page_pgmap()
        await DeviceMemory.Undo(cpu, folio, order, pgmap);
        await DeviceAllocation.Push(cpu, folio.Pfn, order);
    }
}
