namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Copying entries that are not present to a child mm (<c>mm/memory.c:copy_nonpresent_pte</c>, the same in
/// <c>mm/huge_memory.c:copy_huge_pmd</c>): device-private ones like mapped pages, migration entries without reference or rmap.
/// Both mms are left with what cannot be written. Locks as in <see cref="ForkCopy"/>.
/// </summary>
public static class ForkNonPresent
{
    public static async Op Slot(Cpu cpu, int parent, int child, int slot)
    {
        int table = AnonMemory.TableOf(cpu, slot), order = cpu.Machine.Arena.PmdOrder;
        await cpu.Lock(cpu.Cells.WriteProtectSeqOf(parent), Step.ForkSeq);
        await cpu.Lock(cpu.Cells.Ptl(child, table), Step.PtlLock);
        await cpu.Lock(cpu.Cells.Ptl(parent, table), Step.PtlLock);
        var entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(parent, table), Step.CopyNonPresent));
        bool pmd = !entry.IsNone;
        if (!pmd) entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(parent, slot), Step.CopyNonPresent));
        Word from = pmd ? cpu.Cells.Pmd(parent, table) : cpu.Cells.Pte(parent, slot), to = pmd ? cpu.Cells.Pmd(child, table) : cpu.Cells.Pte(child, slot);
        bool free = (entry.IsMigration || entry.IsDevicePrivate)
            && await AnonMemory.RangeIsNone(cpu, child, pmd ? table << order : slot, pmd ? 1 << order : 1);
        if (free && entry.IsMigration) await CopyMigration(cpu, entry, from, to);
        else if (free) await CopyDevice(cpu, entry, from, to, child, pmd);
        await cpu.Unlock(cpu.Cells.Ptl(parent, table), Step.PtlUnlock);
        await cpu.Unlock(cpu.Cells.Ptl(child, table), Step.PtlUnlock);
        await cpu.Add(cpu.Cells.WriteProtectSeqOf(parent), 1, Step.ForkSeq);
    }

    private static async Op CopyMigration(Cpu cpu, PageTableEntry entry, Word from, Word to)
    {
        var readable = PageTableEntry.Migration(entry.Pfn, write: false, exclusive: false);
        if (entry != readable) await cpu.Store(from, readable.Raw, Step.CopyNonPresent);
        await cpu.Store(to, readable.Raw, Step.CopyNonPresent);
    }

    /// <summary>Device memory cannot be pinned, so folio_try_dup_anon_rmap_*() always succeeds.</summary>
    private static async Op CopyDevice(Cpu cpu, PageTableEntry entry, Word from, Word to, int child, bool pmd)
    {
        Page page = cpu.PfnToPage(entry.Pfn);
        int head = await CompoundPages.PageFolio(cpu, page, Step.CopyNonPresent);
        if (head < 0) return;
        Folio folio = cpu.PfnFolio(head);
        bool large = (await cpu.Load(folio.Flags, Step.CopyNonPresent) & PageFlag.Head) != 0;
        await FolioReferences.Get(cpu, folio, 1, Step.CopyNonPresent);
        await cpu.AndNot(page.Flags, PageFlag.AnonExclusive, Step.CopyNonPresent);
        if (pmd) await Rmap.DupPmd(cpu, folio, child);
        else await Rmap.DupPte(cpu, folio, page, child, large);
        ulong readable = PageTableEntry.DevicePrivate(entry.Pfn, write: false).Raw;
        if (entry.IsWrite) await cpu.Store(from, readable, Step.CopyNonPresent);
        await cpu.Store(to, readable, Step.CopyNonPresent);
        cpu.Ghost.ThreadToPte(cpu, entry.Pfn, 1);
    }
}
