namespace StressFarm.Kernel.Protocols;

/// <summary>Anonymous memory: fault in and zap (<c>mm/memory.c</c>, <c>mm/huge_memory.c</c>), at PTE and PMD level.</summary>
public static class AnonMemory
{
    /// <summary>A folio's mapping word for the one anon_vma of an mm: odd, as FOLIO_MAPPING_ANON says.</summary>
    public static ulong AnonMapping(int mm) => 0xffff_8882_0000_0000 + (ulong)mm * 0x100 + Layout.MappingAnon;

    /// <summary>The mm of an anonymous mapping word, or -1.</summary>
    public static int MmOf(ulong mapping)
    {
        ulong mm = (mapping - AnonMapping(0)) / 0x100;
        return mapping >= AnonMapping(0) && mm < Geometry.MaxMms ? (int)mm : -1;
    }

    /// <summary>The memory control group every anonymous folio is charged to, where there is only one.</summary>
    public const ulong Memcg = 0xffff_8883_0000_0000;

    /// <summary>The address of a memory control group.</summary>
    public static ulong MemcgAddress(int memcg) => Memcg + (ulong)memcg * 0x100;

    /// <summary>Its number; what is charged to nobody is the root's.</summary>
    public static int MemcgNumber(ulong memcg) => memcg < Memcg ? 0 : (int)Math.Min((memcg - Memcg) / 0x100, Geometry.MaxMemcgs - 1);

    /// <summary>The memory control group that an mm's folios are charged to.</summary>
    public static ulong MemcgOf(Cpu cpu, int mm) => MemcgAddress(mm % cpu.Machine.Arena.Memcgs);

    public static int TableOf(Cpu cpu, int slot) => slot >> cpu.Machine.Arena.PmdOrder;

    /// <summary>
    /// <c>do_anonymous_page</c> / <c>__do_huge_pmd_anonymous_page</c>: maps a new folio at <paramref name="slot"/>, which is
    /// aligned to <paramref name="order"/>. Does nothing when memory is out or an entry is already there.
    /// </summary>
    public static async Op Fault(Cpu cpu, int mm, int slot, int order, bool pmd)
    {
        int pfn = await BuddyAllocator.AllocPages(cpu, order, Alloc.Folio, order == 0 ? Owner.Small : Owner.Folio);
        if (pfn < 0) return;
        await cpu.Store(new Page(pfn).MemcgData, MemcgOf(cpu, mm), Step.NewAnon);
        cpu.Ghost.PublishAnon(cpu, pfn);
        Folio folio = cpu.PfnFolio(pfn);
        int table = TableOf(cpu, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        if (!await RangeIsNone(cpu, mm, slot, 1 << order))
        {
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
            await FolioReferences.Put(cpu, folio);
            return;
        }
        int refs = pmd ? 1 : 1 << order;
        if (refs > 1) await FolioReferences.Get(cpu, folio, refs - 1);
        await cpu.Store(folio.Head.Mapping, AnonMapping(mm), Step.NewAnon);
        await cpu.Store(folio.Head.Index, (ulong)slot, Step.NewAnon);
        await cpu.Or(folio.Flags, PageFlag.Swapbacked | PageFlag.Uptodate, Step.NewAnon);
        await Rmap.NewAnon(cpu, folio, order, mm, pmd);
        await FolioReferences.LruAdd(cpu, folio);
        if (pmd)
        {
            await cpu.Store(cpu.Cells.Pmd(mm, table), PageTableEntry.Present(pfn).Raw, Step.SetPte);
            cpu.Ghost.ThreadToPte(cpu, pfn, 1);
        }
        else
        {
            for (int i = 0; i < refs; i++)
            {
                await cpu.Store(cpu.Cells.Pte(mm, slot + i), PageTableEntry.Present(pfn + i).Raw, Step.SetPte);
                cpu.Ghost.ThreadToPte(cpu, pfn, 1);
            }
        }
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
    }

    /// <summary>Under the page table lock: no entry at PMD level, none in the range of slots.</summary>
    public static async Op<bool> RangeIsNone(Cpu cpu, int mm, int slot, int count)
    {
        if (await cpu.Load(cpu.Cells.Pmd(mm, TableOf(cpu, slot)), Step.ReadPte) != 0) return false;
        for (int i = 0; i < count; i++)
            if (await cpu.Load(cpu.Cells.Pte(mm, slot + i), Step.ReadPte) != 0) return false;
        return true;
    }
}
