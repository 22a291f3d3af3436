namespace StressFarm.Kernel.Protocols;

/// <summary>
/// The two shapes of taking a reference on a page found by its pfn alone (spec 3.13). NT adds to the page's own refcount
/// unless it is zero, and is immune to stale tails; PF goes to the head first and looks again afterwards, and is fooled by
/// a stale tail that stays put.
/// </summary>
public static class SpeculativeGet
{
    /// <summary>NT: get_page_unless_zero() on the page itself (<c>mm/internal.h:folio_get_nontail_page</c>).</summary>
    public static async Op<int> Nt(Cpu cpu, int pfn, Step step)
    {
        if (!await FolioReferences.TryGet(cpu, new Page(pfn), 1, step)) return -1;
        cpu.Tell(MomentKind.SpeculativeGet, pfn, (ulong)pfn, (ulong)cpu.Ghost.LifeOf(pfn));
        return pfn;
    }

    /// <summary>PF: page_folio(), folio_try_get(), and page_folio() again; a miss puts the reference back.</summary>
    public static async Op<int> Pf(Cpu cpu, int pfn, Step step)
    {
        int head = await CompoundPages.PageFolio(cpu, new Page(pfn), step);
        if (head < 0 || !await FolioReferences.TryGet(cpu, new Page(head), 1, step)) return -1;
        int again = await CompoundPages.PageFolio(cpu, new Page(pfn), step);
        if (again == head)
        {
            cpu.Tell(MomentKind.SpeculativeGet, pfn, (ulong)head, (ulong)cpu.Ghost.LifeOf(pfn));
            return head;
        }
        await FolioReferences.Put(cpu, new Folio(head));
        return -1;
    }
}
