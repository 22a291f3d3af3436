namespace StressFarm.Kernel.Protocols;

/// <summary>
/// A write to an anonymous page that is mapped read-only (<c>mm/memory.c:do_wp_page</c>): it is reused when it is exclusive or
/// when nobody else can have it, and copied otherwise.
/// </summary>
public static class WriteFault
{
    private const ulong Shared = 1UL << 63;

    public static async Op Run(Cpu cpu, int mm, int slot)
    {
        Word ptep = cpu.Cells.Pte(mm, slot), ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        await cpu.Lock(ptl, Step.PtlLock);
        ulong pmd = await cpu.Load(cpu.Cells.Pmd(mm, AnonMemory.TableOf(cpu, slot)), Step.WpFault);
        var pte = new PageTableEntry(pmd != 0 ? 0 : await cpu.Load(ptep, Step.WpFault));
        Page page = pte.IsPresent && !pte.IsWrite && !pte.IsSpecial ? cpu.PfnToPage(pte.Pfn) : default;
        int head = page.Life == 0 ? -1 : await CompoundPages.PageFolio(cpu, page, Step.WpFault);
        Folio folio = head < 0 ? default : cpu.PfnFolio(head);
        if (head < 0 || (await cpu.Load(folio.Head.Mapping, Step.WpFault) & Layout.MappingAnon) == 0)
        {
            await cpu.Unlock(ptl, Step.PtlUnlock);
            return;
        }
        if (await CanReuse(cpu, folio, page))
        {
            await cpu.Store(ptep, PageTableEntry.Present(page.Pfn).Raw, Step.WpReuse);
            cpu.Tell(MomentKind.WriteReused, page.Pfn, (ulong)ptep.Index);
            await cpu.Unlock(ptl, Step.PtlUnlock);
            return;
        }
        await FolioReferences.Get(cpu, folio, 1, Step.WpFault);
        await cpu.Unlock(ptl, Step.PtlUnlock);
        await Copy(cpu, folio, page, pte, mm, slot);
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary><c>wp_can_reuse_anon_folio</c>; a large folio by its mm ids (<c>__wp_can_reuse_large_anon_folio</c>).</summary>
    private static async Op<bool> CanReuse(Cpu cpu, Folio folio, Page page)
    {
        if ((await cpu.Load(page.Flags, Step.WpReuse) & PageFlag.AnonExclusive) != 0) return true;
        if ((await cpu.Load(folio.Flags, Step.WpReuse) & PageFlag.Head) != 0)
        {
            if ((await cpu.Load(folio.MmIds, Step.WpReuse) & Shared) != 0) return false;
            int mapcount = (int)await cpu.Load(folio.LargeMapcount, Step.WpReuse) + 1;
            if (mapcount != (int)await cpu.Load(folio.Refcount, Step.WpReuse)) return false;
            // Nobody can add a mapping or a reference through page tables: all are this mm's, and this table is locked.
            if ((await cpu.Load(folio.MmIds, Step.WpReuse) & Shared) != 0) return false;
        }
        else
        {
            if (await cpu.Load(folio.Refcount, Step.WpReuse) != 1 || !await FolioReferences.TryLock(cpu, folio, Step.WpReuse)) return false;
            bool alone = await cpu.Load(folio.Refcount, Step.WpReuse) == 1;
            await FolioReferences.Unlock(cpu, folio, Step.WpReuse);
            if (!alone) return false;
        }
        await cpu.Or(page.Flags, PageFlag.AnonExclusive, Step.WpReuse);
        return true;
    }

    /// <summary><c>wp_page_copy</c>: a new page takes the entry, if it is still what it was.</summary>
    private static async Op Copy(Cpu cpu, Folio old, Page page, PageTableEntry pte, int mm, int slot)
    {
        int pfn = await BuddyAllocator.AllocPages(cpu, 0, Alloc.Folio, Owner.Small), table = AnonMemory.TableOf(cpu, slot);
        if (pfn < 0) return;
        await cpu.Store(new Page(pfn).MemcgData, AnonMemory.MemcgOf(cpu, mm), Step.WpCopy);
        cpu.Ghost.PublishAnon(cpu, pfn);
        Folio copy = cpu.PfnFolio(pfn);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        Word ptep = cpu.Cells.Pte(mm, slot);
        bool same = await cpu.Load(cpu.Cells.Pmd(mm, table), Step.WpCopy) == 0 && await cpu.Load(ptep, Step.WpCopy) == pte.Raw;
        if (!same)
        {
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
            await FolioReferences.Put(cpu, copy);
            return;
        }
        bool large = (await cpu.Load(old.Flags, Step.WpCopy) & PageFlag.Head) != 0;
        await cpu.Store(ptep, 0, Step.WpCopy); // ptep_clear_flush()
        cpu.Ghost.ThreadToPte(cpu, page.Pfn, -1);
        await cpu.Store(copy.Head.Mapping, AnonMemory.AnonMapping(mm), Step.WpCopy);
        await cpu.Store(copy.Head.Index, (ulong)slot, Step.WpCopy);
        await cpu.Or(copy.Flags, PageFlag.Swapbacked | PageFlag.Uptodate, Step.WpCopy);
        await Rmap.NewAnon(cpu, copy, 0, mm, pmd: false);
        await FolioReferences.LruAdd(cpu, copy);
        await cpu.Store(ptep, PageTableEntry.Present(pfn).Raw, Step.SetPte);
        cpu.Ghost.ThreadToPte(cpu, pfn, 1);
        if (await Rmap.RemovePtes(cpu, old, page, 1, mm, large)) await Zap.QueuePartiallyMapped(cpu, old);
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        await FolioReferences.Put(cpu, old);
    }
}
