namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Splitting what is mapped at an address, as <c>mm/huge_memory.c:split_huge_pages_pid</c> does: a reference under the page
/// table lock, trylock, split, unlock, put.
/// </summary>
public static class SplitByAddress
{
    public static async Op Run(Cpu cpu, int mm, int slot, int newOrder, bool uniform)
    {
        int page = await GetPage(cpu, mm, slot);
        if (page < 0) return;
        int head = await CompoundPages.PageFolio(cpu, new Page(page), Step.S1);
        Folio folio = cpu.PfnFolio(head); // this CPU's reference
        if (await FolioReferences.TryLock(cpu, folio, Step.S1))
        {
            SplitResult result = await FolioSplit.Split(cpu, folio, new SplitShape(newOrder, page, uniform), lockAt: page);
            if (result == SplitResult.Done)
            {
                // The lock and the reference are now on the part that holds the page.
                head = await CompoundPages.PageFolio(cpu, new Page(page), Step.S14);
                folio = cpu.PfnFolio(head);
            }
            await FolioReferences.Unlock(cpu, folio, Step.S14);
        }
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary>
    /// <c>mm/migrate_device.c:migrate_vma_split_unmapped_folio</c> with what surrounds it: the folio is collected and
    /// unmapped, split to single pages, and, since nothing is migrated here, every part goes back to where it was.
    /// </summary>
    public static async Op RunUnmapped(Cpu cpu, int mm, int slot)
    {
        int page = await GetPage(cpu, mm, slot);
        if (page < 0) return;
        int head = await CompoundPages.PageFolio(cpu, new Page(page), Step.MV1);
        Folio folio = cpu.PfnFolio(head);
        if (await FolioReferences.TryLock(cpu, folio, Step.MV1))
        {
            ulong flags = await cpu.Load(folio.Flags, Step.MV1);
            bool device = (flags & PageFlag.ZoneMask) == PageFlag.ZoneDevice;
            if ((flags & PageFlag.Head) != 0 && (device || await Isolate(cpu, folio)))
            {
                await UnmapSplitRemap(cpu, folio, device);
                return;
            }
            await FolioReferences.Unlock(cpu, folio, Step.MV1);
        }
        await FolioReferences.Put(cpu, folio);
    }

    private static async Op UnmapSplitRemap(Cpu cpu, Folio folio, bool device)
    {
        int order = (int)(await cpu.Load(folio.SecondFlags, Step.MV1) & PageFlag.OrderMask);
        await FolioUnmap.Unmap(cpu, folio, order);
        await FolioSplit.SplitUnmapped(cpu, folio, 0);
        for (int part = folio.Pfn; part < folio.Pfn + (1 << order);)
        {
            Folio each = cpu.PfnFolio(part);
            int next = await FolioSplit.Next(cpu, part, Step.MV4);
            await FolioUnmap.Remap(cpu, each);
            if (!device) await FolioReferences.LruAdd(cpu, each); // folio_putback_lru()
            await FolioReferences.Unlock(cpu, each, Step.MV4);
            await FolioReferences.Put(cpu, each, 1, Step.MV4);
            part = next;
        }
    }

    /// <summary>folio_isolate_lru(): false when somebody else has isolated it. The reference it takes is dropped at once.</summary>
    internal static async Op<bool> Isolate(Cpu cpu, Folio folio)
    {
        await cpu.Lock(cpu.Cells.LruvecLock, Step.LruLock);
        bool was = (await cpu.AndNot(folio.Flags, PageFlag.Lru, Step.LruDel) & PageFlag.Lru) != 0;
        if (was) cpu.Ghost.SetLru(cpu, folio.Pfn, false);
        await cpu.Unlock(cpu.Cells.LruvecLock, Step.LruUnlock);
        return was;
    }

    /// <summary>folio_walk_start() and folio_get(): the page mapped at an address, with a reference of its folio; -1 for none.</summary>
    internal static async Op<int> GetPage(Cpu cpu, int mm, int slot)
    {
        Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        await cpu.Lock(ptl, Step.PtlLock);
        int page = await PageAt(cpu, mm, slot);
        int head = page < 0 ? -1 : await CompoundPages.PageFolio(cpu, cpu.PfnToPage(page), Step.S1);
        if (head >= 0) await FolioReferences.Get(cpu, cpu.PfnFolio(head), 1, Step.S1); // mapped, under the lock
        await cpu.Unlock(ptl, Step.PtlUnlock);
        return head < 0 ? -1 : page;
    }

    private static async Op<int> PageAt(Cpu cpu, int mm, int slot)
    {
        var pmd = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, AnonMemory.TableOf(cpu, slot)), Step.S1));
        if (pmd.IsPresent || pmd.IsDevicePrivate) return pmd.Pfn + (slot & ((1 << cpu.Machine.Arena.PmdOrder) - 1));
        var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot), Step.S1));
        return (pte.IsPresent && !pte.IsSpecial) || pte.IsDevicePrivate ? pte.Pfn : -1;
    }
}
