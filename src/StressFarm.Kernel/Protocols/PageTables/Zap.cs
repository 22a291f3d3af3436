namespace StressFarm.Kernel.Protocols;

/// <summary>Unmapping: <c>mm/memory.c:zap_pte_range</c>, <c>mm/huge_memory.c:zap_huge_pmd</c>.</summary>
public static class Zap
{
    /// <summary>
    /// Zaps what maps <paramref name="slot"/>: one PTE, or the whole PMD entry above it. The put comes after the page table
    /// lock is dropped, as mmu_gather does it.
    /// </summary>
    public static async Op Slot(Cpu cpu, int mm, int slot)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        Word pmd = cpu.Cells.Pmd(mm, table), pte = cpu.Cells.Pte(mm, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        bool huge = true;
        var entry = new PageTableEntry(await cpu.Load(pmd, Step.Zap));
        if (entry.IsNone)
        {
            huge = false;
            entry = new PageTableEntry(await cpu.Load(pte, Step.Zap));
        }
        if (!entry.IsPresent && !entry.IsDevicePrivate)
        {
            // A migration entry has no reference and no rmap: it is cleared, and whoever made it finds nothing to put back.
            if (entry.IsMigration)
            {
                await cpu.Store(huge ? pmd : pte, 0, Step.Zap);
                if (huge) cpu.Ghost.FreeDepositedTable(mm, table);
            }
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
            return;
        }
        if (entry.IsHugetlb)
        {
            await HugetlbMapping.UnmapLocked(cpu, mm, table, entry);
            return;
        }
        await cpu.Store(huge ? pmd : pte, 0, Step.Zap);
        if (huge) cpu.Ghost.FreeDepositedTable(mm, table);
        if (entry.IsSpecial)
        {
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
            return;
        }
        cpu.Ghost.ThreadToPte(cpu, entry.Pfn, -1);
        await UnmapAndPut(cpu, mm, table, entry, huge);
    }

    /// <summary>
    /// vm_normal_page(), rmap, and the put. MAP=VNF_FAIL models a mechanical conversion of <c>zap_present_ptes</c> from
    /// vm_normal_page() to vm_normal_folio(): NULL takes the branch of special entries, which neither removes rmap nor puts.
    /// </summary>
    private static async Op UnmapAndPut(Cpu cpu, int mm, int table, PageTableEntry entry, bool huge)
    {
        Word ptl = cpu.Cells.Ptl(mm, table);
        Page page = cpu.PfnToPage(entry.Pfn);
        int head = await CompoundPages.PageFolio(cpu, page, Step.Zap);
        if (head < 0)
        {
            await cpu.Unlock(ptl, Step.PtlUnlock);
            return;
        }
        Folio folio = cpu.PfnFolio(head);
        bool large = (await cpu.Load(folio.Flags, Step.Zap) & PageFlag.Head) != 0;
        if (!await MappedPages.IsNormalFolio(cpu, folio, large))
        {
            cpu.Ghost.Forget(cpu, entry.Pfn);
            await cpu.Unlock(ptl, Step.PtlUnlock);
            return;
        }
        bool partially = false;
        if (huge) partially = await Rmap.RemovePmd(cpu, folio, mm);
        else if (await MappedPages.HasRmap(cpu, folio, large)) partially = await Rmap.RemovePtes(cpu, folio, page, 1, mm, large);
        if (partially) await QueuePartiallyMapped(cpu, folio);
        await cpu.Unlock(ptl, Step.PtlUnlock);
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary>Partially mapped anonymous system folios wait for a split (spec 3.7).</summary>
    internal static async Op QueuePartiallyMapped(Cpu cpu, Folio folio)
    {
        ulong mapping = await cpu.Load(folio.Head.Mapping, Step.Queue);
        if ((mapping & Layout.MappingAnon) == 0) return;
        if ((await cpu.Load(folio.Flags, Step.Queue) & PageFlag.ZoneMask) == PageFlag.ZoneDevice) return;
        if ((await cpu.Load(folio.SecondFlags, Step.Queue) & PageFlag.PartiallyMapped) != 0) return;
        await DeferredSplit.Queue(cpu, folio);
    }
}
