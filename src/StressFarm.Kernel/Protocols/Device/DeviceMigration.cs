namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Device-private folios in page tables (spec 3.12; <c>mm/migrate_device.c</c>, <c>mm/memory.c</c>): insertion, the CPU's
/// fault, and migration back to system memory. Simplified: one folio at a time, one mm per folio (no fork), an anonymous
/// folio's slots follow from its mapping and index, and PG_uptodate is not kept on device folios.
/// </summary>
public static class DeviceMigration
{
    /// <summary>
    /// <c>migrate_vma_insert_page</c> and the finalize that follows: maps a fresh locked folio at <paramref name="slot"/> by
    /// device-private entries, then unlocks and puts it. False, and nothing done, when an entry is already there.
    /// </summary>
    public static async Op<bool> Insert(Cpu cpu, Folio folio, int order, int mm, int slot, bool pmd)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        if (!await AnonMemory.RangeIsNone(cpu, mm, slot, 1 << order))
        {
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
            return false;
        }
        int refs = pmd ? 1 : 1 << order;
        await FolioReferences.Get(cpu, folio, refs, Step.MV3);
        await cpu.Store(folio.Head.MemcgData, AnonMemory.Memcg, Step.NewAnon);
        await cpu.Store(folio.Head.Mapping, AnonMemory.AnonMapping(mm), Step.NewAnon);
        await cpu.Store(folio.Head.Index, (ulong)slot, Step.NewAnon);
        if (order > 0) await Rmap.ReadNrPages(cpu, folio, refs); // folio_add_new_anon_rmap() takes it for how much it accounts
        await Rmap.NewAnon(cpu, folio, order, mm, pmd);
        for (int i = 0; i < refs; i++)
        {
            Word entry = pmd ? cpu.Cells.Pmd(mm, table) : cpu.Cells.Pte(mm, slot + i);
            await cpu.Store(entry, PageTableEntry.DevicePrivate(folio.Pfn + i).Raw, Step.SetPte);
            cpu.Ghost.ThreadToPte(cpu, folio.Pfn, 1);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        await UnlockAndPut(cpu, folio.Head);
        return true;
    }

    /// <summary>unlock_page() and put_page(): both go through page_folio() (spec 3.5).</summary>
    public static async Op UnlockAndPut(Cpu cpu, Page page)
    {
        int head = await CompoundPages.PageFolio(cpu, page, Step.FolioUnlock);
        if (head >= 0) await FolioReferences.Unlock(cpu, new Folio(head));
        await FolioReferences.PutPage(cpu, page);
    }

    /// <summary>
    /// FAULT, <c>mm/memory.c:do_swap_page</c> and <c>mm/huge_memory.c:do_huge_pmd_device_private</c>: under the page table lock
    /// trylock and get; migrate_to_ram(); unlock, put. A folio locked by somebody else is left for the retry.
    /// </summary>
    public static async Op Fault(Cpu cpu, int mm, int slot, bool small = false)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.DevFault));
        if (entry.IsNone) entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot), Step.DevFault));
        int head = -1;
        if (entry.IsDevicePrivate) head = await CompoundPages.PageFolio(cpu, new Page(entry.Pfn), Step.DevFault);
        bool locked = false;
        Folio folio = default;
        if (head >= 0)
        {
            folio = cpu.PfnFolio(head);
            locked = await FolioReferences.TryLock(cpu, folio);
            if (locked) await FolioReferences.Get(cpu, folio, 1, Step.DevFault);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        if (!locked) return;
        await ToRam(cpu, folio, small);
        await UnlockAndPut(cpu, folio.Head);
    }

    /// <summary>
    /// MV1..MV4 of a device folio that the caller has locked and holds one reference of: its entries become migration
    /// entries, then lead to system memory; or are restored when somebody else holds a reference or memory is out. The
    /// caller unlocks and puts the source.
    /// </summary>
    /// <param name="small">the driver offers single pages: a large folio is split first (MV3)</param>
    public static async Op ToRam(Cpu cpu, Folio source, bool small)
    {
        int mm = AnonMemory.MmOf(await cpu.Load(source.Head.Mapping, Step.MV1));
        if (mm < 0) return; // not mapped yet, or no longer
        int slot = (int)await cpu.Load(source.Head.Index, Step.MV1);
        int order = await DeviceMemory.Order(cpu, source, Step.MV1);
        int unmapped = await Unmap(cpu, source, order, mm, slot);
        if (unmapped == 0) return;
        await FolioReferences.Put(cpu, source, unmapped, Step.MV1);
        if (await cpu.Load(source.Refcount, Step.MV2) != 1) await Remap(cpu, source, source, order, mm, slot);
        else if (small && order > 0 && order <= cpu.Machine.Arena.ExactOrder) await MoveInParts(cpu, source, order, mm, slot);
        else await Move(cpu, source, order, mm, slot);
    }

    /// <summary>
    /// MV3 where the destination is small: split_huge_pmd() of the migration entry, then folio_split_unmapped(), and each
    /// part by itself. The caller's lock and reference stay on the first part.
    /// </summary>
    private static async Op MoveInParts(Cpu cpu, Folio source, int order, int mm, int slot)
    {
        await SplitMigrationPmd(cpu, source, order, mm, slot);
        if (await FolioSplit.SplitUnmapped(cpu, source, 0) != SplitResult.Done)
        {
            await Remap(cpu, source, source, order, mm, slot);
            return;
        }
        for (int i = 0; i < 1 << order; i++)
        {
            Folio part = cpu.PfnFolio(source.Pfn + i); // locked, with a reference of this CPU's
            await Move(cpu, part, 0, mm, slot + i);
            if (i > 0) await UnlockAndPut(cpu, part.Head);
        }
    }

    private static async Op SplitMigrationPmd(Cpu cpu, Folio source, int order, int mm, int slot)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.MV3));
        if (pmd.IsMigration && pmd.Pfn == source.Pfn)
        {
            for (int i = 0; i < 1 << order; i++)
                await cpu.Store(cpu.Cells.Pte(mm, slot + i), PageTableEntry.Migration(source.Pfn + i, write: true, exclusive: true).Raw, Step.MV3);
            await cpu.Store(cpu.Cells.Pmd(mm, table), 0, Step.MV3);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
    }

    /// <summary>MV3, MV4: a system folio of the same order takes the place of the source, or the source comes back.</summary>
    private static async Op Move(Cpu cpu, Folio source, int order, int mm, int slot)
    {
        int target = await BuddyAllocator.AllocPages(cpu, order, Alloc.Folio, order == 0 ? Owner.Small : Owner.Folio);
        if (target < 0)
        {
            await Remap(cpu, source, source, order, mm, slot);
            return;
        }
        int id = cpu.Ghost.ObjectOf(target);
        cpu.Ghost[id].Anon = true;
        Folio folio = cpu.PfnFolio(target);
        await cpu.Store(folio.Head.MemcgData, AnonMemory.Memcg, Step.MV3);
        cpu.Ghost.Publish(cpu, id);
        await cpu.Store(folio.Head.Mapping, AnonMemory.AnonMapping(mm), Step.MV3);
        await cpu.Store(folio.Head.Index, (ulong)slot, Step.MV3);
        await cpu.Or(folio.Flags, PageFlag.Swapbacked | PageFlag.Uptodate, Step.MV3);
        await FolioReferences.LruAdd(cpu, folio);
        await Remap(cpu, source, folio, order, mm, slot);
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary>try_to_migrate(): how many entries became migration entries; their references are this thread's now.</summary>
    private static async Op<int> Unmap(Cpu cpu, Folio folio, int order, int mm, int slot)
    {
        int table = AnonMemory.TableOf(cpu, slot), unmapped = 0;
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.MV1));
        if (pmd.IsDevicePrivate && pmd.Pfn == folio.Pfn)
        {
            unmapped = 1;
            await cpu.AndNot(folio.Flags, PageFlag.AnonExclusive, Step.MV1);
            await cpu.Store(cpu.Cells.Pmd(mm, table), PageTableEntry.Migration(folio.Pfn, write: true, exclusive: true).Raw, Step.MV1);
            await Rmap.RemovePmd(cpu, folio, mm);
        }
        for (int i = 0; i < 1 << order && pmd.IsNone; i++)
        {
            Word at = cpu.Cells.Pte(mm, slot + i);
            var entry = new PageTableEntry(await cpu.Load(at, Step.MV1));
            if (!entry.IsDevicePrivate || entry.Pfn != folio.Pfn + i) continue;
            unmapped++;
            var page = new Page(folio.Pfn + i);
            await cpu.AndNot(page.Flags, PageFlag.AnonExclusive, Step.MV1);
            await cpu.Store(at, PageTableEntry.Migration(page.Pfn, write: true, exclusive: true).Raw, Step.MV1);
            await Rmap.RemovePtes(cpu, folio, page, 1, mm, order > 0);
        }
        if (unmapped > 0) cpu.Ghost.ThreadToPte(cpu, folio.Pfn, -unmapped);
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        return unmapped;
    }

    /// <summary>
    /// remove_migration_ptes(): the entries made for <paramref name="source"/> lead to <paramref name="to"/>, which may be
    /// itself. An entry that was zapped meanwhile is passed over, so references are taken one by one.
    /// </summary>
    private static async Op Remap(Cpu cpu, Folio source, Folio to, int order, int mm, int slot)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.MV4));
        if (pmd.IsMigration && pmd.Pfn == source.Pfn)
        {
            await FolioReferences.Get(cpu, to, 1, Step.MV4);
            await Rmap.AddPmd(cpu, to, mm);
            await cpu.Or(to.Flags, PageFlag.AnonExclusive, Step.MV4);
            await cpu.Store(cpu.Cells.Pmd(mm, table), Entry(source, to, 0).Raw, Step.MV4);
            cpu.Ghost.ThreadToPte(cpu, to.Pfn, 1);
        }
        for (int i = 0; i < 1 << order && pmd.IsNone; i++)
        {
            Word at = cpu.Cells.Pte(mm, slot + i);
            var entry = new PageTableEntry(await cpu.Load(at, Step.MV4));
            if (!entry.IsMigration || entry.Pfn != source.Pfn + i) continue;
            var page = new Page(to.Pfn + i);
            await FolioReferences.Get(cpu, to, 1, Step.MV4);
            await Rmap.AddPtes(cpu, to, page, 1, mm, order > 0);
            await cpu.Or(page.Flags, PageFlag.AnonExclusive, Step.MV4);
            await cpu.Store(at, Entry(source, to, i).Raw, Step.MV4);
            cpu.Ghost.ThreadToPte(cpu, to.Pfn, 1);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
    }

    private static PageTableEntry Entry(Folio source, Folio to, int i) =>
        source.Pfn == to.Pfn ? PageTableEntry.DevicePrivate(to.Pfn + i) : PageTableEntry.Present(to.Pfn + i);
}
