namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Hugetlb folios in page tables (<c>mm/hugetlb.c</c>): one entry at PMD level, one reference, and of rmap only
/// _entire_mapcount and _large_mapcount (spec 3.7).
/// </summary>
public static class HugetlbMapping
{
    /// <summary>A hugetlb_subpool's address.</summary>
    private const ulong Subpool = 0xffff_8887_0000_0000;

    /// <summary><c>hugetlb_no_page</c>: a folio of the pool is mapped where nothing is. Does nothing when there is none.</summary>
    public static async Op Fault(Cpu cpu, int mm, int table)
    {
        int pfn = await HugetlbPool.Allocate(cpu, 0);
        if (pfn < 0) return;
        Folio folio = cpu.PfnFolio(pfn); // this CPU's reference
        await HugetlbPool.SetSubpool(cpu, folio, Subpool, Step.HtlbFault);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        bool none = await cpu.Load(cpu.Cells.Pmd(mm, table), Step.HtlbFault) == 0;
        if (none)
        {
            await cpu.Store(folio.Head.Mapping, AnonMemory.AnonMapping(mm), Step.HtlbFault);
            await cpu.Store(folio.Head.Index, (ulong)(table << cpu.Machine.Arena.PmdOrder), Step.HtlbFault);
            // hugetlb_add_new_anon_rmap()
            await cpu.Store(folio.EntireMapcount, 0, Step.HtlbFault);
            cpu.Ghost.MapPmd(pfn, mm, 1);
            await cpu.Store(folio.LargeMapcount, 0, Step.HtlbFault);
            await cpu.Or(folio.Flags, PageFlag.AnonExclusive, Step.HtlbFault);
            await cpu.Store(cpu.Cells.Pmd(mm, table), PageTableEntry.Hugetlb(pfn).Raw, Step.HtlbFault);
            cpu.Ghost.ThreadToPte(cpu, pfn, 1);
            await cpu.Or(folio.HugetlbFlags, HugetlbFlag.Migratable, Step.HtlbFault);
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        if (!none) await FolioReferences.Put(cpu, folio);
    }

    /// <summary><c>__unmap_hugepage_range</c> at one entry, which was read under the page table lock; drops the lock.</summary>
    internal static async Op UnmapLocked(Cpu cpu, int mm, int table, PageTableEntry entry)
    {
        Folio folio = cpu.PfnFolio(entry.Pfn);
        await cpu.Store(cpu.Cells.Pmd(mm, table), 0, Step.HtlbUnmap);
        cpu.Ghost.ThreadToPte(cpu, entry.Pfn, -1);
        await cpu.Add(folio.EntireMapcount, -1, Step.HtlbUnmap);
        cpu.Ghost.MapPmd(entry.Pfn, mm, -1);
        await cpu.Add(folio.LargeMapcount, -1, Step.HtlbUnmap);
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary>try_to_unmap() of a hugetlb folio: the place that its mapping and index name. The caller holds a reference.</summary>
    internal static async Op UnmapAll(Cpu cpu, Folio folio)
    {
        int mm = AnonMemory.MmOf(await cpu.Load(folio.Head.Mapping, Step.HtlbUnmap));
        if (mm < 0) return;
        int table = AnonMemory.TableOf(cpu, (int)await cpu.Load(folio.Head.Index, Step.HtlbUnmap));
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        var entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.HtlbUnmap));
        if (entry.IsHugetlb && entry.Pfn == folio.Pfn) await UnmapLocked(cpu, mm, table, entry);
        else await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
    }
}

/// <summary>
/// A memfd on hugetlbfs and <c>memfd_pin_folios</c> (<c>mm/gup.c</c>, <c>mm/memfd.c</c>): the folio is allocated for the file, which
/// holds a reference, and pinned with another; the allocation's own goes. Z29 kept it.
/// </summary>
public static class HugetlbFiles
{
    /// <summary>The pfn, or -1 when there is no folio.</summary>
    public static async Op<int> Pin(Cpu cpu)
    {
        int pfn = await HugetlbPool.Allocate(cpu, 0);
        if (pfn < 0) return -1;
        Folio folio = cpu.PfnFolio(pfn);
        await FolioReferences.Get(cpu, folio, 1, Step.Memfd); // hugetlb_add_to_page_cache()
        cpu.Ghost.ThreadToOther(cpu, pfn, 1);
        await FolioReferences.Get(cpu, folio, 1, Step.Memfd); // the pin: folio_try_get() of what the cache holds
        await FolioReferences.Put(cpu, folio, 1, Step.Memfd);
        return pfn;
    }

    /// <summary>unpin_folio(), and the file is truncated.</summary>
    public static async Op Close(Cpu cpu, Handle handle)
    {
        await FolioReferences.Put(cpu, handle.Folio, 1, Step.Memfd);
        cpu.Ghost.ThreadToOther(cpu, handle.Pfn, -1);
        await FolioReferences.Put(cpu, handle.Folio, 1, Step.Memfd);
    }
}
