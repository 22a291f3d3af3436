namespace StressFarm.Kernel.Protocols;

/// <summary>
/// File pages in user page tables. Every mm maps every inode, index i at slot <see cref="SlotOf"/>: past what anonymous memory of
/// the same workload uses.
/// </summary>
public static class FileMemory
{
    private const int FirstSlot = 64;

    public static int SlotOf(int mapping, int index) => FirstSlot + mapping * PageCache.Slots + index;

    /// <summary>
    /// <c>mm/filemap.c:filemap_fault</c>, <c>finish_fault</c>, <c>set_pte_range</c>: the folio is locked while its entry is made,
    /// and still the file's. Past the end of the file there is nothing to map.
    /// </summary>
    public static async Op Fault(Cpu cpu, int mm, int mapping, int index)
    {
        Word size = cpu.Cells.ISize(mapping);
        if (index >= (int)await cpu.Load(size, Step.FileFault)) return;
        int pfn = await PageCache.LockEntry(cpu, mapping, index);
        if (pfn < 0) return;
        Folio folio = cpu.PfnFolio(pfn);
        bool mapped = index < (int)await cpu.Load(size, Step.FileFault) && await MapPage(cpu, mm, mapping, index, folio);
        await FolioReferences.Unlock(cpu, folio);
        if (!mapped) await FolioReferences.Put(cpu, folio);
    }

    private static async Op<bool> MapPage(Cpu cpu, int mm, int mapping, int index, Folio folio)
    {
        int slot = SlotOf(mapping, index);
        Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        var page = new Page(folio.Pfn + index - (int)await cpu.Load(folio.Head.Index, Step.FileFault)); // folio_file_page()
        bool large = (await cpu.Load(folio.Flags, Step.FileFault) & PageFlag.Head) != 0;
        await cpu.Lock(ptl, Step.PtlLock);
        bool none = await AnonMemory.RangeIsNone(cpu, mm, slot, 1);
        if (none)
        {
            await Rmap.AddPtes(cpu, folio, page, 1, mm, large);
            await cpu.Store(cpu.Cells.Pte(mm, slot), PageTableEntry.Present(page.Pfn).Raw, Step.FileFault);
            cpu.Ghost.ThreadToPte(cpu, page.Pfn, 1);
        }
        await cpu.Unlock(ptl, Step.PtlUnlock);
        return none;
    }

    /// <summary>
    /// <c>try_to_unmap</c>, <c>unmap_mapping_folio</c>: clears every entry of a locked folio in every mm. Pins do not stop it.
    /// The caller holds i_mmap.
    /// </summary>
    public static async Op Unmap(Cpu cpu, Folio folio, int mapping, int index, int order)
    {
        Half mapcount = order > 0 ? folio.LargeMapcount : folio.Head.Mapcount;
        for (int mm = 0; mm < Geometry.MaxMms; mm++)
        {
            if ((int)await cpu.Load(mapcount, Step.FileUnmap) < 0) return;
            for (int i = 0; i < 1 << order; i++)
            {
                int slot = SlotOf(mapping, index + i);
                Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
                await cpu.Lock(ptl, Step.PtlLock);
                var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot), Step.FileUnmap));
                if (pte.IsPresent && pte.Pfn == folio.Pfn + i)
                {
                    await cpu.Store(cpu.Cells.Pte(mm, slot), 0, Step.FileUnmap);
                    cpu.Ghost.ThreadToPte(cpu, pte.Pfn, -1);
                    await Rmap.RemovePtes(cpu, folio, new Page(pte.Pfn), 1, mm, order > 0);
                    await FolioReferences.Put(cpu, folio, 1, Step.FileUnmap);
                }
                await cpu.Unlock(ptl, Step.PtlUnlock);
            }
        }
    }

    /// <summary>The same, taking i_mmap.</summary>
    public static async Op UnmapAll(Cpu cpu, Folio folio, int mapping, int order)
    {
        int index = (int)await cpu.Load(folio.Head.Index, Step.FileUnmap);
        await cpu.Lock(cpu.Cells.IMmap(mapping), Step.FileUnmap);
        await Unmap(cpu, folio, mapping, index, order);
        await cpu.Unlock(cpu.Cells.IMmap(mapping), Step.FileUnmap);
    }
}
