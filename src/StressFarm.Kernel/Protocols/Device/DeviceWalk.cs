namespace StressFarm.Kernel.Protocols;

/// <summary>
/// A driver's own walk over its device pfns (spec 3.13): generic walkers never see ZONE_DEVICE pages. The getter is dimension
/// WALKER.
/// </summary>
public static class DeviceWalk
{
    /// <summary>Gets one page, reads its pgmap, and puts it; or keeps the reference in the handle slot when that is empty.</summary>
    public static async Op Visit(Cpu cpu, int pfn, int keepIn)
    {
        var page = new Page(pfn);
        int head = cpu.Policy.Walker == Walker.Pf ? await GetByFolio(cpu, page) : await GetPage(cpu, page);
        if (head < 0) return;
        cpu.Tell(MomentKind.DeviceGet, pfn, (ulong)head);
        cpu.Tell(MomentKind.SpeculativeGet, pfn, (ulong)head, (ulong)cpu.Ghost.LifeOf(head));
        Folio folio = cpu.PfnFolio(head);
        // page_pgmap() goes through page_folio().
        int at = await CompoundPages.PageFolio(cpu, page, Step.W4);
        if (at >= 0)
        {
            ulong pgmap = await cpu.Load(new Page(at).Pgmap, Step.W4);
            cpu.Tell(MomentKind.PgmapRead, pfn, pgmap);
        }
        if (keepIn >= 0 && cpu.Handles[keepIn].Kind == HandleKind.None)
        {
            cpu.Handles[keepIn] = new Handle { Kind = HandleKind.FolioRef, Pfn = folio.Pfn, Life = folio.Life };
            return;
        }
        if (await FolioReferences.TryLock(cpu, folio, Step.W5)) await FolioReferences.Unlock(cpu, folio, Step.W5);
        await FolioReferences.Put(cpu, folio, 1, Step.W6);
    }

    /// <summary>NT: get_page_unless_zero() on the page itself, which a stale tail cannot mislead.</summary>
    public static async Op<int> GetPage(Cpu cpu, Page page) =>
        await FolioReferences.TryGet(cpu, page, 1, Step.W1) ? page.Pfn : -1;

    /// <summary>PF: page_folio(), get unless zero, page_folio() again.</summary>
    public static async Op<int> GetByFolio(Cpu cpu, Page page)
    {
        int head = await CompoundPages.PageFolio(cpu, page, Step.W1);
        if (head < 0) return -1;
        if (!await FolioReferences.TryGet(cpu, new Page(head), 1, Step.W2)) return -1;
        Folio folio = cpu.PfnFolio(head);
        if (await CompoundPages.PageFolio(cpu, page, Step.W3) == head) return head;
        await FolioReferences.Put(cpu, folio, 1, Step.W6);
        return -1;
    }
}
