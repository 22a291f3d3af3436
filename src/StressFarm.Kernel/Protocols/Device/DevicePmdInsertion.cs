namespace StressFarm.Kernel.Protocols;

/// <summary>Where <c>migrate_vma_insert_huge_pmd_page</c> is made to fail.</summary>
public enum InsertFailure : byte
{
    None,
    /// <summary>mem_cgroup_charge().</summary>
    Charge,
    /// <summary>pte_alloc_one().</summary>
    PageTable,
    /// <summary>check_stable_address_space(): the OOM killer has reaped the mm. The page table lock is held.</summary>
    Unstable,
}

/// <summary>
/// <c>mm/migrate_device.c:migrate_vma_insert_huge_pmd_page</c>: a fresh device folio of PMD order where nothing is mapped. Its
/// exits, each of which must give back what was taken before it.
/// </summary>
public static class DevicePmdInsertion
{
    /// <summary>The folio is locked and held by the caller, and stays so. True when it is mapped.</summary>
    public static async Op<bool> Run(Cpu cpu, Folio folio, int mm, int table, InsertFailure failure)
    {
        int order = cpu.Machine.Arena.PmdOrder;
        await cpu.Yield(Step.InsertPmd);
        if (failure == InsertFailure.Charge) return false;
        await cpu.Store(folio.Head.MemcgData, AnonMemory.MemcgOf(cpu, mm), Step.InsertPmd);
        // folio_set_order() and the flag on what zone_device_folio_init() made already: a read-modify-write of page[1].flags.
        await CompoundPages.SetOrder(cpu, folio.Pfn, order);
        if (cpu.Policy.SeparatesFolios) await cpu.Store(folio.NrPages, 1u << order, Step.InsertPmd);
        await cpu.Or(folio.SecondFlags, PageFlag.LargeRmappable, Step.InsertPmd);
        if (failure == InsertFailure.PageTable) return false;
        Word ptl = cpu.Cells.Ptl(mm, table);
        await cpu.Lock(ptl, Step.PtlLock);
        if (failure == InsertFailure.Unstable || !await AnonMemory.RangeIsNone(cpu, mm, table << order, 1 << order))
        {
            await cpu.Unlock(ptl, Step.InsertPmdAbort);
            return false;
        }
        await FolioReferences.Get(cpu, folio, 1, Step.InsertPmd);
        await cpu.Store(folio.Head.Mapping, AnonMemory.AnonMapping(mm), Step.InsertPmd);
        await cpu.Store(folio.Head.Index, (ulong)(table << order), Step.InsertPmd);
        await Rmap.NewAnon(cpu, folio, order, mm, pmd: true);
        await cpu.Store(cpu.Cells.Pmd(mm, table), PageTableEntry.DevicePrivate(folio.Pfn).Raw, Step.SetPte);
        cpu.Ghost.ThreadToPte(cpu, folio.Pfn, 1);
        await cpu.Unlock(ptl, Step.PtlUnlock);
        return true;
    }
}
