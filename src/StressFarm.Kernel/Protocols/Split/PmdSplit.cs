namespace StressFarm.Kernel.Protocols;

/// <summary>
/// <c>mm/huge_memory.c:__split_huge_pmd_locked</c> of an entry, not of its folio: afterwards PTEs map what the PMD entry did. A
/// present or device-private entry keeps its references and rmap, one each per page; a migration entry has neither.
/// </summary>
public static class PmdSplit
{
    public static async Op Run(Cpu cpu, int mm, int table)
    {
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.PmdSplit));
        if (pmd.IsMigration) await SplitMigration(cpu, pmd, mm, table);
        else if ((pmd.IsPresent && !pmd.IsSpecial) || pmd.IsDevicePrivate) await SplitMapped(cpu, pmd, mm, table);
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
    }

    private static async Op SplitMigration(Cpu cpu, PageTableEntry pmd, int mm, int table)
    {
        int order = cpu.Machine.Arena.PmdOrder;
        cpu.Ghost.WithdrawTable(mm, table);
        for (int i = 0; i < 1 << order; i++)
            await cpu.Store(cpu.Cells.Pte(mm, (table << order) + i), PageTableEntry.Migration(pmd.Pfn + i, pmd.IsWrite, pmd.IsExclusive).Raw, Step.PmdSplit);
        await cpu.Store(cpu.Cells.Pmd(mm, table), 0, Step.PmdSplit);
    }

    private static async Op SplitMapped(Cpu cpu, PageTableEntry pmd, int mm, int table)
    {
        int order = cpu.Machine.Arena.PmdOrder, nr = 1 << order;
        Folio folio = cpu.PfnFolio(pmd.Pfn); // mapped, under the lock
        cpu.Ghost.WithdrawTable(mm, table);
        bool exclusive = (await cpu.Load(folio.Flags, Step.PmdSplit) & PageFlag.AnonExclusive) != 0;
        await cpu.Store(cpu.Cells.Pmd(mm, table), PageTableEntry.Migration(pmd.Pfn, pmd.IsWrite, exclusive).Raw, Step.PmdSplit); // pmdp_invalidate()
        cpu.Ghost.ThreadToPte(cpu, folio.Pfn, -1);
        await FolioReferences.Get(cpu, folio, nr - 1, Step.PmdSplit);
        await Rmap.AddPtes(cpu, folio, folio.Head, nr, mm, large: true);
        for (int i = 0; i < nr; i++)
        {
            if (exclusive) await cpu.Or(new Page(folio.Pfn + i).Flags, PageFlag.AnonExclusive, Step.PmdSplit);
            PageTableEntry pte = pmd.IsDevicePrivate ? PageTableEntry.DevicePrivate(pmd.Pfn + i, pmd.IsWrite) : PageTableEntry.Present(pmd.Pfn + i, pmd.IsWrite);
            await cpu.Store(cpu.Cells.Pte(mm, (table << order) + i), pte.Raw, Step.PmdSplit);
            cpu.Ghost.ThreadToPte(cpu, pmd.Pfn, 1);
        }
        if (await Rmap.RemovePmd(cpu, folio, mm)) await Zap.QueuePartiallyMapped(cpu, folio);
        await cpu.Store(cpu.Cells.Pmd(mm, table), 0, Step.PmdSplit);
    }
}
