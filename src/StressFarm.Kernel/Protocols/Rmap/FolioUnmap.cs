using System.Numerics;

namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Unmapping an anonymous folio to migration entries, and back (<c>mm/rmap.c:try_to_migrate_one</c>,
/// <c>mm/migrate.c:remove_migration_pte</c>). The folio is locked. It is mapped at the slot its index says, in the mm that
/// faulted it in and in those that were forked from it: the rmap walk goes through all of them.
/// </summary>
public static class FolioUnmap
{
    /// <summary>
    /// S5, <c>unmap_folio</c>: every entry becomes a migration entry, which holds neither reference nor mapcount. An
    /// exclusive page that is pinned stays mapped, and the walk ends there; it also ends once nothing is mapped.
    /// </summary>
    /// <param name="keepPmd">migration: a PMD entry becomes a PMD migration entry instead of a table of them</param>
    public static async Op Unmap(Cpu cpu, Folio folio, int order, Step step = Step.S5, bool keepPmd = false)
    {
        int slot = (int)await cpu.Load(folio.Head.Index, step);
        Half mapcount = order > 0 ? folio.LargeMapcount : folio.Head.Mapcount;
        uint walked = await RmapWalk(cpu, folio, step);
        for (uint mms = walked; mms != 0; mms &= mms - 1)
        {
            int mm = BitOperations.TrailingZeroCount(mms);
            UnmapEnd end = await UnmapFrom(cpu, folio, order, mm, slot, step, keepPmd);
            if (end == UnmapEnd.Stopped) return;
            if (end == UnmapEnd.SplitPmd && cpu.Policy.Has(Deviation.UnmapStopsAfterFirstMm)) break;
            if ((int)await cpu.Load(mapcount, step) < 0) break;
        }
        // A walk without the lock may have missed a child that was forked meanwhile, which a retry visits.
        if (walked != 0 && ((uint)cpu.Peek(cpu.Cells.AnonVmaTree) & ~walked) >> BitOperations.TrailingZeroCount(walked) != 0) return;
        cpu.Tell(MomentKind.UnmapDone, folio.Pfn, cpu.Peek(mapcount) + 1);
    }

    /// <summary>How unmapping from one mm ended: all of it; all of it, a PMD entry having been split; or stopped by a pin.</summary>
    private enum UnmapEnd : byte { All, SplitPmd, Stopped }

    /// <summary>rmap_walk_anon(): the mms to visit, one bit each: the one that faulted the folio in, and those forked from it.</summary>
    internal static async Op<uint> RmapWalk(Cpu cpu, Folio folio, Step step)
    {
        int mm = AnonMemory.MmOf(await cpu.Load(folio.Head.Mapping, step));
        if (mm < 0) return 0;
        uint forked = (uint)await cpu.Load(cpu.Cells.AnonVmaTree, step);
        return (1u << mm) | (forked & ~((2u << mm) - 1));
    }

    private static async Op<UnmapEnd> UnmapFrom(Cpu cpu, Folio folio, int order, int mm, int slot, Step step, bool keepPmd)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), step));
        bool mapsIt = (pmd.IsPresent || pmd.IsDevicePrivate) && pmd.Pfn == folio.Pfn;
        if (pmd.IsMigration && !keepPmd && cpu.Policy.Has(Deviation.SplitDecodesMigrationPmd)) PmdFolio(cpu, pmd);
        bool all = true;
        if (mapsIt && keepPmd) all = await UnmapPmd(cpu, folio, mm, table, pmd, step);
        else if (mapsIt) await SplitHugePmd(cpu, folio, order, mm, table, pmd, step);
        for (int i = 0; i < 1 << order && all && !(mapsIt && keepPmd); i++)
        {
            Word ptep = cpu.Cells.Pte(mm, slot + i);
            var pte = new PageTableEntry(await cpu.Load(ptep, step));
            if ((pte.IsPresent || pte.IsDevicePrivate) && pte.Pfn == folio.Pfn + i) all = await UnmapPte(cpu, folio, mm, ptep, pte, step);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        return !all ? UnmapEnd.Stopped : mapsIt && !keepPmd ? UnmapEnd.SplitPmd : UnmapEnd.All;
    }

    /// <summary>
    /// Z09: <c>split_huge_pmd_locked</c> compares pmd_folio() of the entry with the folio, whatever the entry is. A migration
    /// entry keeps its offset elsewhere and inverted (x86), so what comes out is the address of no struct page.
    /// </summary>
    private static void PmdFolio(Cpu cpu, PageTableEntry pmd)
    {
        ulong wild = ~(ulong)pmd.Pfn >> 16;
        cpu.Printk($"BUG: unable to handle page fault: page_folio() of pfn {wild:x}");
        cpu.Tell(MomentKind.WildPage, pmd.Pfn, wild);
    }

    /// <summary><c>mm/huge_memory.c:set_pmd_migration_entry</c>: the whole PMD entry becomes a migration entry. False when a pin forbids it.</summary>
    private static async Op<bool> UnmapPmd(Cpu cpu, Folio folio, int mm, int table, PageTableEntry pmd, Step step)
    {
        Word pmdp = cpu.Cells.Pmd(mm, table);
        bool exclusive = (await cpu.Load(folio.Flags, step) & PageFlag.AnonExclusive) != 0;
        await cpu.Store(pmdp, 0, step); // pmdp_invalidate()
        cpu.Ghost.ThreadToPte(cpu, folio.Pfn, -1);
        if (exclusive && !await TryShareAnonRmap(cpu, folio, folio.Head, pmd.IsDevicePrivate, step))
        {
            await cpu.Store(pmdp, pmd.Raw, step);
            cpu.Ghost.ThreadToPte(cpu, folio.Pfn, 1);
            return false;
        }
        await cpu.Store(pmdp, PageTableEntry.Migration(pmd.Pfn, pmd.IsWrite, exclusive).Raw, step);
        await Rmap.RemovePmd(cpu, folio, mm);
        await FolioReferences.Put(cpu, folio, 1, step);
        return true;
    }

    private static async Op<bool> UnmapPte(Cpu cpu, Folio folio, int mm, Word ptep, PageTableEntry pte, Step step)
    {
        Page page = cpu.PfnToPage(pte.Pfn);
        bool large = (await cpu.Load(folio.Flags, step) & PageFlag.Head) != 0;
        bool exclusive = (await cpu.Load(page.Flags, step) & PageFlag.AnonExclusive) != 0;
        await cpu.Store(ptep, 0, step);
        cpu.Ghost.ThreadToPte(cpu, page.Pfn, -1);
        if (exclusive && !await TryShareAnonRmap(cpu, folio, page, pte.IsDevicePrivate, step))
        {
            await cpu.Store(ptep, pte.Raw, step);
            cpu.Ghost.ThreadToPte(cpu, page.Pfn, 1);
            return false;
        }
        await cpu.Store(ptep, PageTableEntry.Migration(page.Pfn, pte.IsWrite, exclusive).Raw, step);
        if (await Rmap.RemovePtes(cpu, folio, page, 1, mm, large)) await Zap.QueuePartiallyMapped(cpu, folio);
        await FolioReferences.Put(cpu, folio, 1, step);
        return true;
    }

    /// <summary>
    /// <c>folio_try_share_anon_rmap_pte</c> / <c>_pmd</c>, after the entry was cleared: a pin that GUP-fast counted before
    /// this read is seen here, and one counted after it sees the cleared entry. Device memory cannot be pinned.
    /// </summary>
    private static async Op<bool> TryShareAnonRmap(Cpu cpu, Folio folio, Page page, bool device, Step step)
    {
        if (!device)
        {
            await cpu.Fence(FenceKind.Mb, step);
            if (await GupPins.MaybeDmaPinned(cpu, folio, step)) return false;
        }
        await cpu.AndNot(page.Flags, PageFlag.AnonExclusive, step);
        return true;
    }

    /// <summary>
    /// <c>__split_huge_pmd_locked</c> with freeze: the PMD entry is made invalid, and becomes a table of migration entries;
    /// or of present ones, each page exclusive, when the folio may be pinned. The table is linked in last (pmd_populate).
    /// </summary>
    private static async Op SplitHugePmd(Cpu cpu, Folio folio, int order, int mm, int table, PageTableEntry pmd, Step step)
    {
        cpu.Ghost.WithdrawTable(mm, table);
        int nr = 1 << order, first = table << cpu.Machine.Arena.PmdOrder;
        bool exclusive = (await cpu.Load(folio.Flags, step) & PageFlag.AnonExclusive) != 0;
        await cpu.Store(cpu.Cells.Pmd(mm, table), PageTableEntry.Migration(pmd.Pfn, pmd.IsWrite, exclusive).Raw, step); // pmdp_invalidate()
        cpu.Ghost.ThreadToPte(cpu, folio.Pfn, -1);
        bool freeze = !exclusive || await TryShareAnonRmap(cpu, folio, folio.Head, pmd.IsDevicePrivate, step);
        if (!freeze)
        {
            await FolioReferences.Get(cpu, folio, nr - 1, step);
            await Rmap.AddPtes(cpu, folio, folio.Head, nr, mm, large: true);
            for (int i = 0; i < nr; i++) await cpu.Or(new Page(folio.Pfn + i).Flags, PageFlag.AnonExclusive, step);
        }
        for (int i = 0; i < nr; i++)
        {
            PageTableEntry pte = freeze ? PageTableEntry.Migration(pmd.Pfn + i, pmd.IsWrite, exclusive) : PageTableEntry.Present(pmd.Pfn + i, pmd.IsWrite);
            await cpu.Store(cpu.Cells.Pte(mm, first + i), pte.Raw, step);
            if (!freeze) cpu.Ghost.ThreadToPte(cpu, pmd.Pfn + i, 1);
        }
        if (await Rmap.RemovePmd(cpu, folio, mm)) await Zap.QueuePartiallyMapped(cpu, folio);
        if (freeze) await FolioReferences.Put(cpu, folio, 1, step);
        await cpu.Store(cpu.Cells.Pmd(mm, table), 0, step);
    }

    /// <summary>
    /// S14, <c>remove_migration_ptes</c> of one folio, which may be a part of the one that was unmapped. Entries that were
    /// zapped meanwhile are left alone.
    /// </summary>
    public static async Op Remap(Cpu cpu, Folio folio)
    {
        int slot = (int)await cpu.Load(folio.Head.Index, Step.S14);
        ulong flags = await cpu.Load(folio.Flags, Step.S14);
        bool large = (flags & PageFlag.Head) != 0, device = (flags & PageFlag.ZoneMask) == PageFlag.ZoneDevice;
        int order = large ? (int)(await cpu.Load(folio.SecondFlags, Step.S14) & PageFlag.OrderMask) : 0;
        int table = AnonMemory.TableOf(cpu, slot);
        for (uint mms = await RmapWalk(cpu, folio, Step.S14); mms != 0; mms &= mms - 1)
        {
            int mm = BitOperations.TrailingZeroCount(mms);
            await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
            for (int i = 0; i < 1 << order; i++)
            {
                Word ptep = cpu.Cells.Pte(mm, slot + i);
                var entry = new PageTableEntry(await cpu.Load(ptep, Step.S14));
                if (entry.IsMigration && entry.Pfn == folio.Pfn + i) await RemapPte(cpu, folio, mm, ptep, entry, large, device);
            }
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        }
    }

    private static async Op RemapPte(Cpu cpu, Folio folio, int mm, Word ptep, PageTableEntry entry, bool large, bool device)
    {
        var page = new Page(entry.Pfn);
        await FolioReferences.Get(cpu, folio, 1, Step.S14);
        await Rmap.AddPtes(cpu, folio, page, 1, mm, large);
        if (entry.IsWrite || entry.IsExclusive) await cpu.Or(page.Flags, PageFlag.AnonExclusive, Step.S14);
        PageTableEntry pte = device ? PageTableEntry.DevicePrivate(page.Pfn, entry.IsWrite) : PageTableEntry.Present(page.Pfn, entry.IsWrite);
        await cpu.Store(ptep, pte.Raw, Step.S14);
        cpu.Ghost.ThreadToPte(cpu, page.Pfn, 1);
    }
}
