namespace StressFarm.Kernel.Protocols;

/// <summary>
/// ZINIT: handing out device-private memory (spec 3.5; <c>mm/memremap.c:zone_device_page_init</c>,
/// <c>include/linux/memremap.h:zone_device_folio_init</c>). What it resets is dimension DPM.
/// </summary>
public static class ZoneDeviceInit
{
    private const ulong LowByte = 0xff;

    /// <summary>
    /// Z1..Z6 on a block just popped. The folio comes back locked, with one reference, and published. The caller passes
    /// pgmap: reading it from the page would go through page_folio().
    /// </summary>
    public static async Op Folio(Cpu cpu, int pfn, int order)
    {
        var page = new Page(pfn);
        // The kernel's guard compares an order with MAX_ORDER_NR_PAGES, a number of pages: it never speaks (C5).
        if (cpu.Policy.Checks == Checks.On && GuardSpeaks(order)) cpu.Printk("VM_WARN_ON_ONCE(order > MAX_ORDER_NR_PAGES)");
        cpu.Ghost.Create(cpu, pfn, order, Owner.DevFolio, rmappable: order > 0, anon: true);
        await Reinitialise(cpu, pfn, order);
        await cpu.Add(cpu.Cells.PgmapRef, 1L << order, Step.Z2);
        await cpu.Store(page.Refcount, 1, Step.Z3);
        cpu.Ghost.FirstRef(cpu, pfn);
        // lock_page(): PG_locked of the folio that word 8 leads to.
        int head = await CompoundPages.PageFolio(cpu, page, Step.Z4);
        if (head < 0)
        {
            cpu.Printk($"BUG: unable to handle page fault: page_folio() of pfn {pfn:x}");
            head = pfn;
        }
        await cpu.Lock(new Folio(head).Flags, Step.Z4, PageFlag.Locked);
        cpu.Ghost.Locked(cpu, head);
        if (order > 0) await CompoundPages.Prep(cpu, pfn, order);
        cpu.Tell(MomentKind.ZinitDone, pfn, (ulong)order);
        // zone_device_folio_init(): one flag; under CMP=RFC, too, it does not write the folio fields (spec 4.1).
        if (order > 0) await cpu.Or(new Folio(pfn).SecondFlags, PageFlag.LargeRmappable, Step.Z6);
        cpu.Ghost.PublishAt(cpu, pfn);
    }

    /// <summary>The guard of zone_device_page_init() as v7.3 has it.</summary>
    public static bool GuardSpeaks(int order) => order > 1 << Geometry.MaxOrder;

    private static async Op Reinitialise(Cpu cpu, int pfn, int order)
    {
        switch (cpu.Policy.Dpm)
        {
            case Dpm.AllocRange:
                await ResetPages(cpu, pfn, pfn + (1 << order), pfn, order);
                break;
            case Dpm.AllocPred:
                await UndoPredecessors(cpu, pfn, order);
                break;
            case Dpm.AllocPredLock:
                await cpu.Lock(cpu.Cells.PredecessorLock, Step.PR1);
                await UndoPredecessors(cpu, pfn, order);
                await cpu.Unlock(cpu.Cells.PredecessorLock, Step.Z1);
                break;
        }
    }

    /// <summary>Z1.i for the pages [first, end), on behalf of the block at <paramref name="pfn"/>.</summary>
    private static async Op ResetPages(Cpu cpu, int first, int end, int pfn, int order)
    {
        int exact = order <= cpu.Machine.Arena.ExactOrder ? end : Math.Min(end, first + 4);
        for (int i = first; i < exact; i++) await ResetPage(cpu, new Page(i), pfn, order);
        for (int i = exact; i < end; i = (i | 63) + 1)
        {
            await cpu.Burst(new Page(i).Flags, Step.Z1);
            for (int each = i; each <= (i | 63) && each < end; each++)
            {
                PokePage(cpu, new Page(each));
                Wrote(cpu, each, pfn, order);
            }
        }
    }

    private static async Op ResetPage(Cpu cpu, Page page, int pfn, int order)
    {
        ulong flags = await cpu.Load(page.Flags, Step.Z1);
        await cpu.Store(page.Flags, flags & ~Cleared(cpu.Policy), Step.Z1);
        Wrote(cpu, page.Pfn, pfn, order);
        await cpu.Store(page.MemcgData.Low, 0, Step.Z1);
        Wrote(cpu, page.Pfn, pfn, order);
        await cpu.Store(page.Mapping, 0, Step.Z1);
        Wrote(cpu, page.Pfn, pfn, order);
        await cpu.Store(page.Pgmap, Boot.PgmapAddress, Step.Z1);
        Wrote(cpu, page.Pfn, pfn, order);
        await cpu.Store(page.Index, 0, Step.Z1);
        Wrote(cpu, page.Pfn, pfn, order);
        if (cpu.Policy.ZFlags != ZFlags.Clear) return;
        await cpu.Store(page.Private, 0, Step.Z1);
        Wrote(cpu, page.Pfn, pfn, order);
    }

    private static void PokePage(Cpu cpu, Page page)
    {
        cpu.Poke(page.Flags, cpu.Peek(page.Flags) & ~Cleared(cpu.Policy));
        cpu.Poke(page.MemcgData.Low, 0);
        cpu.Poke(page.Mapping, 0);
        cpu.Poke(page.Pgmap, Boot.PgmapAddress);
        cpu.Poke(page.Index, 0);
        if (cpu.Policy.ZFlags == ZFlags.Clear) cpu.Poke(page.Private, 0);
    }

    /// <summary><c>flags &amp;= ~0xff</c>, or what ZFLAGS=CLEAR clears.</summary>
    private static ulong Cleared(Policy policy) => policy.ZFlags == ZFlags.Clear ? PageFlag.CheckAtPrep & ~PageFlag.Reserved | LowByte : LowByte;

    private static void Wrote(Cpu cpu, int page, int pfn, int order) =>
        cpu.Tell(MomentKind.ZinitWrite, page, (ulong)pfn, (ulong)order);

    /// <summary>
    /// DPM=ALLOC_PRED: PR1..PR3 for each page of the new range, then the reset over the union of the range and every
    /// predecessor folio that overlaps it.
    /// </summary>
    private static async Op UndoPredecessors(Cpu cpu, int pfn, int order)
    {
        int first = pfn, end = pfn + (1 << order);
        for (int q = pfn; q < pfn + (1 << order); q++)
        {
            int head = await CompoundPages.PageFolio(cpu, new Page(q), Step.PR1);
            if (head < 0) continue;
            var folio = new Folio(head);
            if ((await cpu.Load(folio.Flags, Step.PR2) & PageFlag.Head) == 0) continue;
            int pages = 1 << Math.Min((int)(await cpu.Load(folio.SecondFlags, Step.PR3) & PageFlag.OrderMask), Geometry.MaxOrder);
            if (q >= head + pages) continue;
            first = Math.Min(first, head);
            end = Math.Max(end, head + pages);
        }
        await ResetPages(cpu, first, Math.Min(end, cpu.Machine.Geometry.Pages), pfn, order);
    }
}
