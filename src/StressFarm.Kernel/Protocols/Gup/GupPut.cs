namespace StressFarm.Kernel.Protocols;

/// <summary>Giving GUP's references and pins back (<c>mm/gup.c</c>).</summary>
public static class GupPut
{
    /// <summary>
    /// <c>gup_put_folio</c>: asks again what the folio is, so a predicate that flipped since the pin unbalances both counters.
    /// Under GUP=FAIL nothing but folios can be pinned, and the question is not asked.
    /// </summary>
    public static async Op Folio(Cpu cpu, Folio folio, int refs, GupFlags flags, Step step)
    {
        if ((flags & GupFlags.Pin) == 0)
        {
            await FolioReferences.Put(cpu, folio, refs, step);
            return;
        }
        switch (await GupPins.WayOf(cpu, folio, step))
        {
            case PinWay.Bias:
                await PutBiased(cpu, folio, refs, step);
                return;
            case PinWay.RefsOnly:
                cpu.Ghost.Unpin(cpu, folio.Pfn, refs, refs, 0);
                break;
            default:
                await cpu.Add(folio.Pincount, -refs, step);
                cpu.Ghost.Unpin(cpu, folio.Pfn, refs, refs, refs);
                break;
        }
        await FolioReferences.Put(cpu, folio, refs, step);
    }

    /// <summary>folio_put_refs(folio, refs * GUP_PIN_COUNTING_BIAS).</summary>
    private static async Op PutBiased(Cpu cpu, Folio folio, int refs, Step step)
    {
        uint left = await cpu.Add(folio.Refcount, -refs * Layout.PinBias, step);
        cpu.Deref(folio);
        cpu.Ghost.Unpin(cpu, folio.Pfn, refs, refs * Layout.PinBias, 0);
        cpu.Ghost.Put(cpu, folio.Pfn, refs);
        if (left != 0) return;
        cpu.Ghost.BeginFree(cpu, folio.Pfn);
        await FolioReferences.Free(cpu, folio);
    }

    /// <summary><c>unpin_user_pages</c> of what a caller holds.</summary>
    public static async Op UnpinUserPages(Cpu cpu, Handle pins)
    {
        for (int round = 0; round <= pins.Repeat; round++)
        {
            SanityCheckPinnedPages(cpu, pins);
            cpu.Ghost.PinPages(pins.Pfn, pins.Count, -1);
            await Unpin(cpu, new PageRange(pins.Pfn, pins.Count), Step.Unpin);
        }
    }

    /// <summary>Consecutive pages of one folio go together (<c>gup_folio_next</c>).</summary>
    public static async Op Unpin(Cpu cpu, PageRange pages, Step step)
    {
        for (int i = 0; i < pages.Count;)
        {
            int head = await CompoundPages.PageFolio(cpu, new Page(pages.Pfn + i), step);
            int nr = 1;
            while (i + nr < pages.Count && await CompoundPages.PageFolio(cpu, new Page(pages.Pfn + i + nr), step) == head) nr++;
            if (head >= 0) await Folio(cpu, new Folio(head), nr, GupFlags.Pin, step);
            i += nr;
        }
    }

    /// <summary>
    /// <c>unpin_user_page_range_dirty_lock</c>: asks the folio how many pages it has (<c>gup_folio_range_next</c>). Where
    /// _nr_pages reads 0 it makes no progress.
    /// </summary>
    public static async Op UnpinUserPageRange(Cpu cpu, Handle pins)
    {
        for (int round = 0; round <= pins.Repeat; round++)
            for (int i = 0; i < pins.Count;)
            {
                var page = new Page(pins.Pfn + i);
                int head = await CompoundPages.PageFolio(cpu, page, Step.Unpin);
                if (head < 0) return;
                var folio = new Folio(head);
                int nr = 1;
                if ((await cpu.Load(folio.Flags, Step.Unpin) & PageFlag.Head) != 0)
                {
                    uint nrPages = await cpu.Load(folio.NrPages, Step.Unpin);
                    cpu.Tell(MomentKind.NrPagesRead, head, nrPages, 1);
                    nr = (int)Math.Min((uint)(pins.Count - i), unchecked(nrPages - (uint)(page.Pfn - head)));
                }
                cpu.Ghost.PinPages(page.Pfn, nr, -1);
                if (nr != 0) await Folio(cpu, folio, nr, GupFlags.Pin, Step.Unpin);
                i += nr;
            }
    }

    /// <summary>put_page() of each page of a FOLL_GET.</summary>
    public static async Op PutPages(Cpu cpu, Handle refs)
    {
        for (int round = 0; round <= refs.Repeat; round++)
            for (int i = 0; i < refs.Count; i++) await FolioReferences.PutPage(cpu, new Page(refs.Pfn + i));
    }

    /// <summary><c>sanity_check_pinned_pages</c>, a debug check: anonymous pages stay exclusive while they are pinned.</summary>
    private static void SanityCheckPinnedPages(Cpu cpu, Handle pins)
    {
        if (cpu.Policy.Checks == Checks.Off) return;
        for (int i = 0; i < pins.Count; i++)
        {
            var page = new Page(pins.Pfn + i);
            int head = CompoundPages.HeadOf(cpu.Policy, page.Pfn, cpu.Peek(page.Info));
            if (head < 0 || head >= cpu.Machine.Geometry.Pages || (cpu.Peek(new Page(head).Mapping) & Layout.MappingAnon) == 0) continue;
            if (((cpu.Peek(page.Flags) | cpu.Peek(new Page(head).Flags)) & PageFlag.AnonExclusive) == 0)
                cpu.Printk("VM_BUG_ON_PAGE(!PageAnonExclusive(&folio->page) && !PageAnonExclusive(page))");
        }
    }
}
