using System.Numerics;

namespace StressFarm.Simulation;

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
    public static async Op Unmap(Cpu cpu, Folio folio, int order)
    {
        int slot = (int)await cpu.Load(folio.Head.Index, Step.S5);
        for (uint mms = await RmapWalk(cpu, folio, Step.S5); mms != 0; mms &= mms - 1)
        {
            int mm = BitOperations.TrailingZeroCount(mms);
            if (!await UnmapFrom(cpu, folio, order, mm, slot)) break;
            if ((int)await cpu.Load(folio.LargeMapcount, Step.S5) < 0) break;
        }
    }

    /// <summary>rmap_walk_anon(): the mms to visit, one bit each: the one that faulted the folio in, and those forked from it.</summary>
    internal static async Op<uint> RmapWalk(Cpu cpu, Folio folio, Step step)
    {
        int mm = AnonMemory.MmOf(await cpu.Load(folio.Head.Mapping, step));
        if (mm < 0) return 0;
        uint forked = (uint)await cpu.Load(cpu.Machine.Cells.AnonVmaTree, step);
        return (1u << mm) | (forked & ~((2u << mm) - 1));
    }

    private static async Op<bool> UnmapFrom(Cpu cpu, Folio folio, int order, int mm, int slot)
    {
        Cells cells = cpu.Machine.Cells;
        int table = AnonMemory.TableOf(cpu, slot);
        await cpu.Lock(cells.Ptl(mm, table), Step.PtlLock);
        var pmd = new PageTableEntry(await cpu.Load(cells.Pmd(mm, table), Step.S5));
        if ((pmd.IsPresent || pmd.IsDevicePrivate) && pmd.Pfn == folio.Pfn) await SplitHugePmd(cpu, folio, order, mm, table, pmd);
        bool all = true;
        for (int i = 0; i < 1 << order && all; i++)
        {
            Word ptep = cells.Pte(mm, slot + i);
            var pte = new PageTableEntry(await cpu.Load(ptep, Step.S5));
            if ((pte.IsPresent || pte.IsDevicePrivate) && pte.Pfn == folio.Pfn + i) all = await UnmapPte(cpu, folio, mm, ptep, pte);
        }
        await cpu.Unlock(cells.Ptl(mm, table), Step.PtlUnlock);
        return all;
    }

    private static async Op<bool> UnmapPte(Cpu cpu, Folio folio, int mm, Word ptep, PageTableEntry pte)
    {
        Page page = cpu.Ghost.Token(pte.Pfn);
        bool large = (await cpu.Load(folio.Flags, Step.S5) & PageFlag.Head) != 0;
        bool exclusive = (await cpu.Load(page.Flags, Step.S5) & PageFlag.AnonExclusive) != 0;
        await cpu.Store(ptep, 0, Step.S5);
        cpu.Ghost.ThreadToPte(cpu, page.Pfn, -1);
        if (exclusive && !await TryShareAnonRmap(cpu, folio, page, pte.IsDevicePrivate))
        {
            await cpu.Store(ptep, pte.Raw, Step.S5);
            cpu.Ghost.ThreadToPte(cpu, page.Pfn, 1);
            return false;
        }
        await cpu.Store(ptep, PageTableEntry.Migration(page.Pfn, pte.IsWrite, exclusive).Raw, Step.S5);
        if (await Rmap.RemovePtes(cpu, folio, page, 1, mm, large)) await Zap.QueuePartiallyMapped(cpu, folio);
        await FolioReferences.Put(cpu, folio, 1, Step.S5);
        return true;
    }

    /// <summary>
    /// <c>folio_try_share_anon_rmap_pte</c> / <c>_pmd</c>, after the entry was cleared: a pin that GUP-fast counted before
    /// this read is seen here, and one counted after it sees the cleared entry. Device memory cannot be pinned.
    /// </summary>
    private static async Op<bool> TryShareAnonRmap(Cpu cpu, Folio folio, Page page, bool device)
    {
        if (!device)
        {
            await cpu.Fence(FenceKind.Mb, Step.S5);
            if (!cpu.Policy.Has(Deviation.ShareWithoutPinCheck) && await GupPins.MaybeDmaPinned(cpu, folio, Step.S5)) return false;
        }
        await cpu.AndNot(page.Flags, PageFlag.AnonExclusive, Step.S5);
        return true;
    }

    /// <summary>
    /// <c>__split_huge_pmd_locked</c> with freeze: the PMD entry is made invalid, and becomes a table of migration entries;
    /// or of present ones, each page exclusive, when the folio may be pinned. The table is linked in last (pmd_populate).
    /// </summary>
    private static async Op SplitHugePmd(Cpu cpu, Folio folio, int order, int mm, int table, PageTableEntry pmd)
    {
        Cells cells = cpu.Machine.Cells;
        int nr = 1 << order, first = table << cpu.Machine.Arena.PmdOrder;
        bool exclusive = (await cpu.Load(folio.Flags, Step.S5) & PageFlag.AnonExclusive) != 0;
        await cpu.Store(cells.Pmd(mm, table), PageTableEntry.Migration(pmd.Pfn, pmd.IsWrite, exclusive).Raw, Step.S5); // pmdp_invalidate()
        cpu.Ghost.ThreadToPte(cpu, folio.Pfn, -1);
        bool freeze = !exclusive || await TryShareAnonRmap(cpu, folio, folio.Head, pmd.IsDevicePrivate);
        if (!freeze)
        {
            await FolioReferences.Get(cpu, folio, nr - 1, Step.S5);
            await Rmap.AddPtes(cpu, folio, folio.Head, nr, mm, large: true);
            for (int i = 0; i < nr; i++) await cpu.Or(new Page(folio.Pfn + i).Flags, PageFlag.AnonExclusive, Step.S5);
        }
        for (int i = 0; i < nr; i++)
        {
            PageTableEntry pte = freeze ? PageTableEntry.Migration(pmd.Pfn + i, pmd.IsWrite, exclusive) : PageTableEntry.Present(pmd.Pfn + i, pmd.IsWrite);
            await cpu.Store(cells.Pte(mm, first + i), pte.Raw, Step.S5);
            if (!freeze) cpu.Ghost.ThreadToPte(cpu, pmd.Pfn + i, 1);
        }
        if (await Rmap.RemovePmd(cpu, folio, mm)) await Zap.QueuePartiallyMapped(cpu, folio);
        if (freeze) await FolioReferences.Put(cpu, folio, 1, Step.S5);
        await cpu.Store(cells.Pmd(mm, table), 0, Step.S5);
    }

    /// <summary>
    /// S14, <c>remove_migration_ptes</c> of one folio, which may be a part of the one that was unmapped. Entries that were
    /// zapped meanwhile are left alone.
    /// </summary>
    public static async Op Remap(Cpu cpu, Folio folio)
    {
        Cells cells = cpu.Machine.Cells;
        int slot = (int)await cpu.Load(folio.Head.Index, Step.S14);
        ulong flags = await cpu.Load(folio.Flags, Step.S14);
        bool large = (flags & PageFlag.Head) != 0, device = (flags & PageFlag.ZoneMask) == PageFlag.ZoneDevice;
        int order = large ? (int)(await cpu.Load(folio.SecondFlags, Step.S14) & PageFlag.OrderMask) : 0;
        int table = AnonMemory.TableOf(cpu, slot);
        for (uint mms = await RmapWalk(cpu, folio, Step.S14); mms != 0; mms &= mms - 1)
        {
            int mm = BitOperations.TrailingZeroCount(mms);
            await cpu.Lock(cells.Ptl(mm, table), Step.PtlLock);
            for (int i = 0; i < 1 << order; i++)
            {
                Word ptep = cells.Pte(mm, slot + i);
                var entry = new PageTableEntry(await cpu.Load(ptep, Step.S14));
                if (entry.IsMigration && entry.Pfn == folio.Pfn + i) await RemapPte(cpu, folio, mm, ptep, entry, large, device);
            }
            await cpu.Unlock(cells.Ptl(mm, table), Step.PtlUnlock);
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
