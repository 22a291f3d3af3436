namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Copying page table entries to a child mm (<c>mm/memory.c:copy_present_ptes</c>, <c>mm/huge_memory.c:copy_huge_pmd</c>).
/// The child's page table lock comes first; copies go from a lower mm to a higher one only, so the order is one for all.
/// Copies use vm_normal_page() under every MAP value: MAP=VNF_FAIL converts the zap alone.
/// </summary>
public static class ForkCopy
{
    /// <summary><c>mm/rmap.c:anon_vma_fork</c>, before the first entry is copied: rmap walks of the parent's folios visit the child.</summary>
    public static async Op AnonVmaFork(Cpu cpu, int child)
    {
        await cpu.Lock(cpu.Cells.AnonVmaRoot, Step.ForkCopy);
        await cpu.Or(cpu.Cells.AnonVmaTree, 1UL << child, Step.ForkCopy);
        await cpu.Unlock(cpu.Cells.AnonVmaRoot, Step.ForkCopy);
    }

    /// <summary>Copies what maps <paramref name="slot"/> in <paramref name="parent"/>: one PTE, or the PMD entry above it.</summary>
    public static async Op Slot(Cpu cpu, int parent, int child, int slot)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        // raw_write_seqcount_begin(): odd from here on. Waiting for even stands for mmap_lock, which serialises the writers.
        await cpu.Lock(cpu.Cells.WriteProtectSeqOf(parent), Step.ForkSeq);
        await cpu.Lock(cpu.Cells.Ptl(child, table), Step.PtlLock);
        await cpu.Lock(cpu.Cells.Ptl(parent, table), Step.PtlLock);
        var entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(parent, table), Step.ForkCopy));
        if (entry.IsPresent) await CopyPmd(cpu, entry, parent, child, table);
        else if (!entry.IsCollapsing)
        {
            entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(parent, slot), Step.ForkCopy));
            if (entry.IsPresent && !entry.IsSpecial && await AnonMemory.RangeIsNone(cpu, child, slot, 1))
                await CopyPte(cpu, entry, parent, child, slot);
        }
        await cpu.Unlock(cpu.Cells.Ptl(parent, table), Step.PtlUnlock);
        await cpu.Unlock(cpu.Cells.Ptl(child, table), Step.PtlUnlock);
        await cpu.Add(cpu.Cells.WriteProtectSeqOf(parent), 1, Step.ForkSeq);
    }

    private static async Op CopyPte(Cpu cpu, PageTableEntry entry, int parent, int child, int slot)
    {
        Page page = cpu.PfnToPage(entry.Pfn);
        int head = await CompoundPages.PageFolio(cpu, page, Step.ForkCopy);
        if (head < 0) return;
        Folio folio = cpu.PfnFolio(head);
        bool large = (await cpu.Load(folio.Flags, Step.ForkCopy) & PageFlag.Head) != 0;
        await FolioReferences.Get(cpu, folio, 1, Step.ForkCopy);
        bool write = entry.IsWrite;
        if ((await cpu.Load(folio.Head.Mapping, Step.ForkCopy) & Layout.MappingAnon) != 0)
        {
            if (!await Unshare(cpu, folio, page, large))
            {
                await FolioReferences.Put(cpu, folio);
                return;
            }
            if (write) await cpu.Store(cpu.Cells.Pte(parent, slot), PageTableEntry.Present(entry.Pfn, write: false).Raw, Step.ForkCopy);
            write = false;
            await Rmap.DupPte(cpu, folio, page, child, large);
        }
        else if (await MappedPages.HasRmap(cpu, folio, large))
        {
            await Rmap.DupPte(cpu, folio, page, child, large);
        }
        await cpu.Store(cpu.Cells.Pte(child, slot), PageTableEntry.Present(entry.Pfn, write).Raw, Step.ForkCopy);
        cpu.Ghost.ThreadToPte(cpu, entry.Pfn, 1);
    }

    private static async Op CopyPmd(Cpu cpu, PageTableEntry entry, int parent, int child, int table)
    {
        int order = cpu.Machine.Arena.PmdOrder;
        if (entry.IsSpecial || !await AnonMemory.RangeIsNone(cpu, child, table << order, 1 << order)) return;
        Folio folio = cpu.PfnFolio(entry.Pfn);
        await FolioReferences.Get(cpu, folio, 1, Step.ForkCopy);
        if (!await Unshare(cpu, folio, folio.Head, large: true))
        {
            await FolioReferences.Put(cpu, folio);
            return;
        }
        if (entry.IsWrite) await cpu.Store(cpu.Cells.Pmd(parent, table), PageTableEntry.Present(entry.Pfn, write: false).Raw, Step.ForkCopy);
        await Rmap.DupPmd(cpu, folio, child);
        await cpu.Store(cpu.Cells.Pmd(child, table), PageTableEntry.Present(entry.Pfn, write: false).Raw, Step.ForkCopy);
        cpu.Ghost.ThreadToPte(cpu, entry.Pfn, 1);
    }

    /// <summary>
    /// <c>include/linux/rmap.h:__folio_try_dup_anon_rmap</c>: an exclusive page that may be pinned stays exclusive (false:
    /// the caller copies its content instead, which is no page metadata); otherwise AnonExclusive is cleared.
    /// </summary>
    private static async Op<bool> Unshare(Cpu cpu, Folio folio, Page page, bool large)
    {
        if ((await cpu.Load(page.Flags, Step.ForkCopy) & PageFlag.AnonExclusive) == 0) return true;
        bool pinned = large
            ? (int)await cpu.Load(folio.Pincount, Step.ForkCopy) > 0
            : await cpu.Load(folio.Refcount, Step.ForkCopy) >= Layout.PinBias;
        if (pinned) return false;
        await cpu.AndNot(page.Flags, PageFlag.AnonExclusive, Step.ForkCopy);
        return true;
    }
}
