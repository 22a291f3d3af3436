namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Moving a folio to another place (spec 3.12): generic migration (<c>mm/migrate.c</c>) and device migration
/// (<c>mm/migrate_device.c</c>) alike. Every mm that maps the folio is walked, a PMD entry becomes a PMD migration entry.
/// Simplified: folio by folio, anonymous folios, no content.
/// </summary>
public static class FolioMigration
{
    /// <summary>What migration copies to the new folio.</summary>
    private const ulong Copied = PageFlag.Referenced | PageFlag.Uptodate | PageFlag.Active | PageFlag.Workingset | PageFlag.Dirty | PageFlag.Swapbacked;

    /// <summary>
    /// Unmaps the folio, moves it and maps it at its new place; or maps it where it was. The caller holds its lock and one
    /// reference, and has isolated it from the LRU if it is system memory; it unlocks and puts it. False when it stayed.
    /// </summary>
    /// <param name="toDevice">device-private memory is the destination</param>
    /// <param name="choice">device memory: which of several fitting ranges</param>
    public static async Op<bool> Move(Cpu cpu, Folio source, bool toDevice = false, int choice = 0)
    {
        int order = await DeviceMemory.Order(cpu, source, Step.MigrateUnmap);
        int head = toDevice ? await NewDevice(cpu, order, choice) : await NewSystem(cpu, order);
        if (head < 0) return false;
        Folio target = cpu.PfnFolio(head);
        await Unmap(cpu, source, order);
        bool moved = await MoveMapping(cpu, source, target, order, toDevice);
        if (moved && !toDevice) await FolioReferences.LruAdd(cpu, target);
        await Remap(cpu, source, moved ? target : source, order);
        await FolioReferences.Unlock(cpu, target, Step.MigrateUnmap);
        await FolioReferences.Put(cpu, target, 1, Step.MigrateUnmap);
        return moved;
    }

    private static async Op<int> NewSystem(Cpu cpu, int order)
    {
        int pfn = await BuddyAllocator.AllocPages(cpu, order, Alloc.Folio, order == 0 ? Owner.Small : Owner.Folio);
        if (pfn < 0) return -1;
        cpu.Ghost.PublishAnon(cpu, pfn);
        await FolioReferences.Lock(cpu, cpu.PfnFolio(pfn), Step.MigrateUnmap);
        return pfn;
    }

    /// <summary>The driver's alloc_and_copy: a folio of the same order, as ZINIT leaves it. -1 when it has none.</summary>
    private static async Op<int> NewDevice(Cpu cpu, int order, int choice)
    {
        if (cpu.Machine.Arena.DevicePages == 0) return -1;
        DeviceBlock block = await DeviceMemory.Alloc(cpu, order, choice);
        if (block.IsNone || block.Order == order) return block.Pfn;
        // ALLOCATOR=LIFO has large folios of one order only.
        await DeviceMigration.UnlockAndPut(cpu, new Page(block.Pfn));
        return -1;
    }

    /// <summary>try_to_migrate(), the walk under anon_vma->root->rwsem.</summary>
    private static async Op Unmap(Cpu cpu, Folio folio, int order)
    {
        Word anonVma = cpu.Cells.AnonVmaRoot;
        await cpu.Lock(anonVma, Step.Unmap);
        await FolioUnmap.Unmap(cpu, folio, order, Step.Unmap, keepPmd: true);
        await cpu.Unlock(anonVma, Step.Unmap);
    }

    /// <summary>
    /// <c>__folio_migrate_mapping</c> and <c>folio_migrate_flags</c> of a folio without page cache: nobody but the caller may
    /// hold a reference. A large one is frozen while it is taken off the deferred split list, its memcg still being set.
    /// </summary>
    private static async Op<bool> MoveMapping(Cpu cpu, Folio source, Folio target, int order, bool toDevice)
    {
        ulong mapping = await cpu.Load(source.Head.Mapping, Step.MigrateMapping);
        if ((mapping & Layout.MappingAnon) == 0) return false;
        Half mapcount = order > 0 ? source.LargeMapcount : source.Head.Mapcount;
        if ((int)await cpu.Load(mapcount, Step.MigrateUnmap) >= 0) return false; // folio_mapped()
        if (await cpu.Load(source.Refcount, Step.MigrateMapping) != 1) return false;
        if (order > 0 && !await Unqueue(cpu, source, order)) return false;
        await cpu.Store(target.Head.Index, await cpu.Load(source.Head.Index, Step.MigrateMapping), Step.MigrateMapping);
        await cpu.Store(target.Head.Mapping, mapping, Step.MigrateMapping);
        ulong flags = await cpu.Load(source.Flags, Step.MigrateFlags);
        // No flags are kept on device folios: those of the folio that comes back are what every anonymous folio has.
        if (!toDevice) await cpu.Or(target.Flags, (flags & Copied) | PageFlag.Swapbacked | PageFlag.Uptodate, Step.MigrateFlags);
        // mem_cgroup_migrate(): the charge moves, and the old folio is uncharged from here on.
        await cpu.Store(target.Head.MemcgData, await cpu.Load(source.Head.MemcgData, Step.MigrateFlags), Step.MigrateFlags);
        await cpu.Store(source.Head.MemcgData, 0, Step.MigrateFlags);
        return true;
    }

    private static async Op<bool> Unqueue(Cpu cpu, Folio source, int order)
    {
        if (!await cpu.CmpXchg(source.Refcount, 1, 0, Step.MigrateFreeze)) return false;
        cpu.Tell(MomentKind.Frozen, source.Pfn, 1);
        cpu.Ghost.Freeze(cpu, source.Pfn);
        await DeferredSplit.Unqueue(cpu, source, order);
        cpu.Release(); // folio_ref_unfreeze()
        await cpu.Store(source.Refcount, 1, Step.MigrateUnfreeze);
        cpu.Tell(MomentKind.Unfreezing, source.Pfn, 1);
        cpu.Ghost.Unfreeze(cpu, source.Pfn);
        return true;
    }

    /// <summary>
    /// <c>remove_migration_ptes</c>: the entries made for <paramref name="source"/> lead to <paramref name="to"/>, which may be
    /// itself. An entry that was zapped meanwhile is passed over.
    /// </summary>
    private static async Op Remap(Cpu cpu, Folio source, Folio to, int order)
    {
        await cpu.Lock(cpu.Cells.AnonVmaRoot, Step.RemoveMigration);
        int slot = (int)await cpu.Load(to.Head.Index, Step.RemoveMigration), table = AnonMemory.TableOf(cpu, slot);
        bool device = (await cpu.Load(to.Flags, Step.RemoveMigration) & PageFlag.ZoneMask) == PageFlag.ZoneDevice;
        for (uint mms = await FolioUnmap.RmapWalk(cpu, to, Step.RemoveMigration); mms != 0; mms &= mms - 1)
        {
            int mm = int.TrailingZeroCount((int)mms);
            await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
            var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.RemoveMigration));
            if (pmd.IsMigration && pmd.Pfn == source.Pfn) await RemapEntry(cpu, to, to.Head, mm, cpu.Cells.Pmd(mm, table), pmd, order, true, device);
            for (int i = 0; i < 1 << order && pmd.IsNone; i++)
            {
                var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot + i), Step.RemoveMigration));
                if (pte.IsMigration && pte.Pfn == source.Pfn + i)
                    await RemapEntry(cpu, to, new Page(to.Pfn + i), mm, cpu.Cells.Pte(mm, slot + i), pte, order, false, device);
            }
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        }
        await cpu.Unlock(cpu.Cells.AnonVmaRoot, Step.RemoveMigration);
    }

    private static async Op RemapEntry(Cpu cpu, Folio to, Page page, int mm, Word at, PageTableEntry entry, int order, bool pmd, bool device)
    {
        await FolioReferences.Get(cpu, to, 1, Step.RemoveMigration);
        if (pmd) await Rmap.AddPmd(cpu, to, mm);
        else await Rmap.AddPtes(cpu, to, page, 1, mm, order > 0);
        if (entry.IsWrite || entry.IsExclusive) await cpu.Or(page.Flags, PageFlag.AnonExclusive, Step.RemoveMigration);
        PageTableEntry made = device ? PageTableEntry.DevicePrivate(page.Pfn, entry.IsWrite) : PageTableEntry.Present(page.Pfn, entry.IsWrite);
        await cpu.Store(at, made.Raw, Step.RemoveMigration);
        cpu.Ghost.ThreadToPte(cpu, to.Pfn, 1);
    }
}
