namespace StressFarm.Kernel.Protocols;

/// <summary>Who migrates: by address, by pfn, to device memory, and back on a fault (spec 3.12).</summary>
public static class MigrationCallers
{
    /// <summary><c>mm/migrate.c:do_move_pages_to_node</c>: the folio mapped at an address goes elsewhere. True when it went.</summary>
    public static async Op<bool> ByAddress(Cpu cpu, int mm, int slot)
    {
        int page = await SplitByAddress.GetPage(cpu, mm, slot);
        if (page < 0) return false;
        int head = await CompoundPages.PageFolio(cpu, new Page(page), Step.MigrateUnmap);
        return await Isolated(cpu, cpu.PfnFolio(head));
    }

    /// <summary>A folio of system memory of which the caller has a reference, which is put.</summary>
    public static async Op<bool> Isolated(Cpu cpu, Folio folio)
    {
        bool moved = false;
        if ((await cpu.Load(folio.Flags, Step.MigrateUnmap) & PageFlag.ZoneMask) != PageFlag.ZoneDevice && await SplitByAddress.Isolate(cpu, folio))
        {
            cpu.Deref(folio);
            if (await FolioReferences.TryLock(cpu, folio, Step.MigrateUnmap))
            {
                moved = await FolioMigration.Move(cpu, folio);
                await FolioReferences.Unlock(cpu, folio, Step.MigrateUnmap);
            }
            if (!moved) await FolioReferences.LruAdd(cpu, folio); // folio_putback_lru()
        }
        await FolioReferences.Put(cpu, folio, 1, Step.MigrateUnmap);
        return moved;
    }

    /// <summary>
    /// <c>migrate_vma_setup</c> to <c>migrate_vma_finalize</c> for the folio at one address: MV1..MV4 to device memory. A large
    /// folio moves as it is when a PMD entry maps it and the driver takes it (SELECT_COMPOUND); otherwise it is split first.
    /// </summary>
    public static async Op ToDevice(Cpu cpu, int mm, int slot, bool compound, int choice)
    {
        var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, AnonMemory.TableOf(cpu, slot)), Step.MV1));
        if (!pmd.IsPresent || !compound) await SplitByAddress.Run(cpu, mm, slot, 0, uniform: true);
        int page = await SplitByAddress.GetPage(cpu, mm, slot);
        if (page < 0) return;
        int head = await CompoundPages.PageFolio(cpu, new Page(page), Step.MV1);
        Folio folio = cpu.PfnFolio(head);
        ulong flags = await cpu.Load(folio.Flags, Step.MV1);
        bool takes = (flags & PageFlag.ZoneMask) != PageFlag.ZoneDevice && ((flags & PageFlag.Head) == 0 || compound);
        if (takes && await FolioReferences.TryLock(cpu, folio, Step.MV1))
        {
            bool isolated = await SplitByAddress.Isolate(cpu, folio);
            bool moved = isolated && await FolioMigration.Move(cpu, folio, toDevice: true, choice);
            await FolioReferences.Unlock(cpu, folio, Step.DeviceFinalize);
            // folio_putback_lru() is for what stays; Z31 does it to what goes as well, which has no charge any more.
            if (isolated && (!moved || cpu.Policy.Has(Deviation.PutbackUncharged))) await FolioReferences.LruAdd(cpu, folio);
        }
        await FolioReferences.Put(cpu, folio, 1, Step.DeviceFinalize);
    }

    /// <summary>
    /// <c>mm/memory.c:do_swap_page</c> and <c>mm/huge_memory.c:do_huge_pmd_device_private</c> of an entry that several mms may
    /// have: a reference and trylock under the page table lock, then ops->migrate_to_ram().
    /// </summary>
    public static async Op ToRam(Cpu cpu, int mm, int slot)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.DevFault));
        if (entry.IsNone) entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot), Step.DevFault));
        int head = entry.IsDevicePrivate ? await CompoundPages.PageFolio(cpu, new Page(entry.Pfn), Step.DevFault) : -1;
        bool locked = false;
        Folio folio = default;
        if (head >= 0)
        {
            folio = cpu.PfnFolio(head);
            locked = await FolioReferences.TryLock(cpu, folio, Step.DevFault);
            if (locked) await FolioReferences.Get(cpu, folio, 1, Step.DevFault);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        if (!locked) return;
        await FolioMigration.Move(cpu, folio);
        await DeviceMigration.UnlockAndPut(cpu, folio.Head);
    }

    /// <summary>
    /// A device pfn, as an evicting driver has it: the reference first, and one page on without it. EVICT=K73 advances by what
    /// it reads in a folio it has no reference of, and moves what nobody maps any more: a folio that a fault has moved already
    /// and is about to put, whose charge is gone. The pages it advances by.
    /// </summary>
    public static async Op<int> Evict(Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        if (!await FolioReferences.TryGet(cpu, page, 1, Step.E2))
        {
            int advance = cpu.Policy.Evict == Policies.Evict.K73 ? Math.Max(1, await DeviceMemory.NrPages(cpu, new Folio(pfn), Step.E3)) : 1;
            cpu.Tell(MomentKind.ReaderAdvance, pfn, (ulong)advance);
            return advance;
        }
        Folio folio = cpu.PfnFolio(pfn);
        int nr = Math.Max(1, await DeviceMemory.NrPages(cpu, folio, Step.E3));
        if (await FolioReferences.TryLock(cpu, folio, Step.E2Lock))
        {
            if (cpu.Policy.Evict == Policies.Evict.K73 || (int)await cpu.Load(nr > 1 ? folio.LargeMapcount : folio.Head.Mapcount, Step.E4) >= 0)
                await FolioMigration.Move(cpu, folio);
            await FolioReferences.Unlock(cpu, folio, Step.EUndo);
        }
        await FolioReferences.Put(cpu, folio, 1, Step.EUndo);
        return nr;
    }
}
