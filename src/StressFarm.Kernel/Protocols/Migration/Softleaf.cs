namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Reading entries that are not present (<c>include/linux/leafops.h</c>): the folio of a migration entry is locked for as long as
/// the entry is there. The reader holds the page table lock; the split that writes the folio's words holds the folio's.
/// </summary>
public static class Softleaf
{
    /// <summary><c>mm/memory.c:zap_nonpresent_ptes</c> at one slot: looks at what a migration entry stands for, and clears it on demand.</summary>
    public static async Op Visit(Cpu cpu, int mm, int slot, bool clear)
    {
        Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot)), pte = cpu.Cells.Pte(mm, slot);
        await cpu.Lock(ptl, Step.PtlLock);
        var entry = new PageTableEntry(await cpu.Load(pte, Step.Softleaf));
        if (entry.IsMigration)
        {
            await Folio(cpu, entry);
            if (clear) await cpu.Store(pte, 0, Step.Zap);
        }
        await cpu.Unlock(ptl, Step.PtlUnlock);
    }

    /// <summary>
    /// <c>softleaf_to_folio</c> with <c>softleaf_migration_sync</c>: page_folio(), a read barrier that pairs with the split's write
    /// barrier (T4), then the flags. Without it (SPL=NORMB) nothing orders the flags behind compound_info: where bit 0 is clear the
    /// head is the page itself, so its flags' address was known before.
    /// </summary>
    private static async Op Folio(Cpu cpu, PageTableEntry entry)
    {
        var page = new Page(entry.Pfn);
        cpu.MayLoadEarly(page.Flags);
        int head = await CompoundPages.PageFolio(cpu, page, Step.Softleaf);
        if (head < 0) return;
        if (cpu.Policy.Spl != Spl.NoRmb) await cpu.Fence(FenceKind.Rmb, Step.SoftleafRmb);
        ulong flags = await cpu.Load(new Page(head).Flags, Step.Softleaf);
        if ((flags & PageFlag.Locked) == 0) cpu.Printk("WARNING in softleaf_to_folio (!folio_test_locked(folio))");
        cpu.Tell(MomentKind.MigrationEntryRead, head, flags, (ulong)page.Pfn);
    }
}
