namespace StressFarm.Kernel.Protocols;

/// <summary>
/// EVICT: <c>mm/migrate_device.c:migrate_device_range</c> over pfns the driver knows (spec 3.12), each folio migrated as soon
/// as it is collected.
/// </summary>
public static class DeviceEviction
{
    /// <param name="small">the driver offers single pages as destinations</param>
    public static async Op Run(Cpu cpu, int first, int count, bool small = false)
    {
        await cpu.Yield(Step.Start);
        EvictVisits.Begin(cpu.Ghost, cpu, first, count);
        int end = first + count;
        for (int pfn = first; pfn < end;)
            pfn += cpu.Policy.Evict == Evict.K73 ? await StepK73(cpu, pfn, end, small) : await StepFixed(cpu, pfn, end, small);
        cpu.TellOfNone(MomentKind.EvictDone, first, (ulong)first, (ulong)count);
    }

    /// <summary>As read in v7.3: E1 and E3 look at a folio without a reference. Returns how far to advance.</summary>
    private static async Op<int> StepK73(Cpu cpu, int pfn, int end, bool small)
    {
        var page = new Page(pfn);
        int head = await CompoundPages.PageFolio(cpu, page, Step.E1);
        bool taken = await LockPfn(cpu, page);
        if (head < 0)
        {
            cpu.Printk($"BUG: unable to handle page fault: page_folio() of pfn {pfn:x}");
            head = pfn;
        }
        var folio = new Folio(head);
        int nr = await DeviceMemory.NrPages(cpu, folio, Step.E3);
        if (nr > end - pfn)
        {
            // The range ends inside a folio: give back what E2 took, through E1's folio, and stop.
            if (taken)
            {
                await FolioReferences.Unlock(cpu, folio, Step.EUndo);
                await FolioReferences.Put(cpu, folio, 1, Step.EUndo);
            }
            return end - pfn;
        }
        if (taken) await Migrate(cpu, pfn, small);
        return nr > 1 ? nr : 1;
    }

    /// <summary>EVICT=FIXED: the reference first; without it one page on; the order is read before the put.</summary>
    private static async Op<int> StepFixed(Cpu cpu, int pfn, int end, bool small)
    {
        var page = new Page(pfn);
        if (!await LockPfn(cpu, page)) return 1;
        Folio folio = cpu.PfnFolio(pfn);
        int nr = Math.Max(1, await DeviceMemory.NrPages(cpu, folio, Step.E3));
        if (nr > end - pfn)
        {
            await FolioReferences.Unlock(cpu, folio, Step.EUndo);
            await FolioReferences.Put(cpu, folio, 1, Step.EUndo);
            return end - pfn;
        }
        await Migrate(cpu, pfn, small);
        return nr;
    }

    /// <summary>E2, migrate_device_pfn_lock(): get_page_unless_zero() on the page itself, then trylock.</summary>
    private static async Op<bool> LockPfn(Cpu cpu, Page page)
    {
        bool got = await FolioReferences.TryGet(cpu, page, 1, Step.E2);
        if (EvictVisits.Visit(cpu.Ghost, cpu, page.Pfn)) cpu.Tell(MomentKind.EvictTwice, page.Pfn);
        if (!got) return false;
        cpu.Tell(MomentKind.DeviceGet, page.Pfn, (ulong)page.Pfn);
        cpu.Tell(MomentKind.SpeculativeGet, page.Pfn, (ulong)page.Pfn, (ulong)cpu.Ghost.LifeOf(page.Pfn));
        Folio folio = cpu.PfnFolio(page.Pfn);
        if (await FolioReferences.TryLock(cpu, folio, Step.E2Lock)) return true;
        await FolioReferences.Put(cpu, folio, 1, Step.EUndo);
        return false;
    }

    private static async Op Migrate(Cpu cpu, int pfn, bool small)
    {
        Folio folio = cpu.PfnFolio(pfn);
        await DeviceMigration.ToRam(cpu, folio, small);
        await FolioReferences.Unlock(cpu, folio);
        await FolioReferences.Put(cpu, folio);
    }
}
