namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Reverse map accounting (spec 3.7; <c>mm/rmap.c</c>, <c>include/linux/rmap.h</c>). The caller holds the page table lock.
/// mm ids are mm number + 1; 0 is MM_ID_DUMMY. Under PAGE_MAPCOUNT=0 the pages of a large folio count nothing and _nr_pages_mapped
/// stays 0; under MM_ID=0 _large_mapcount is one atomic counter, without lock, slots and sanity check.
/// </summary>
public static class Rmap
{
    private const ulong MmIdsLock = 1UL << 31;
    private const ulong Shared = 1UL << 63;
    private const uint IdMask = 0x7fff_ffff;

    /// <summary>
    /// folio_add_rmap_ptes(): <paramref name="n"/> consecutive pages. <paramref name="large"/> is folio_test_large() as the
    /// caller read it.
    /// </summary>
    public static async Op AddPtes(Cpu cpu, Folio folio, Page page, int n, int mm, bool large)
    {
        cpu.Tell(MomentKind.Rmap, page.Pfn, (ulong)folio.Pfn, (ulong)n);
        if (!large)
        {
            await cpu.Add(folio.Head.Mapcount, 1, Step.RmapAdd);
            cpu.Ghost.MapPte(page.Pfn, mm, 1);
            return;
        }
        if (cpu.Policy.PageMapcount == PageMapcount.Off)
        {
            cpu.Ghost.MapPtes(page.Pfn, n, mm, 1);
            await AddLargeMapcount(cpu, folio, n, mm);
            return;
        }
        int first = 0;
        for (int i = 0; i < n; i++)
        {
            var each = new Page(page.Pfn + i);
            if (await cpu.Add(each.Mapcount, 1, Step.RmapAdd) == 0) first++;
            cpu.Ghost.MapPte(each.Pfn, mm, 1);
        }
        if (first != 0) await cpu.Add(folio.NrPagesMapped, first, Step.RmapAdd);
        await AddLargeMapcount(cpu, folio, n, mm);
    }

    /// <summary>folio_dup_file_rmap_ptes(), and the counting of folio_try_dup_anon_rmap_pte(): the page is mapped already, so _nr_pages_mapped stays.</summary>
    public static async Op DupPte(Cpu cpu, Folio folio, Page page, int mm, bool large)
    {
        cpu.Tell(MomentKind.Rmap, page.Pfn, (ulong)folio.Pfn, 1);
        if (!large || cpu.Policy.PageMapcount == PageMapcount.On) await cpu.Add(large ? page.Mapcount : folio.Head.Mapcount, 1, Step.RmapAdd);
        cpu.Ghost.MapPte(page.Pfn, mm, 1);
        if (large) await AddLargeMapcount(cpu, folio, 1, mm);
    }

    /// <summary>The counting of folio_try_dup_anon_rmap_pmd().</summary>
    public static async Op DupPmd(Cpu cpu, Folio folio, int mm)
    {
        cpu.Tell(MomentKind.Rmap, folio.Pfn, (ulong)folio.Pfn, 1);
        await cpu.Add(folio.EntireMapcount, 1, Step.RmapAdd);
        cpu.Ghost.MapPmd(folio.Pfn, mm, 1);
        await AddLargeMapcount(cpu, folio, 1, mm);
    }

    /// <summary>folio_remove_rmap_ptes(): _large_mapcount first, then the pages. True when the folio became partially mapped.</summary>
    public static async Op<bool> RemovePtes(Cpu cpu, Folio folio, Page page, int n, int mm, bool large)
    {
        cpu.Tell(MomentKind.Rmap, page.Pfn, (ulong)folio.Pfn, (ulong)n);
        if (!large)
        {
            await cpu.Add(folio.Head.Mapcount, -1, Step.RmapRemove);
            cpu.Ghost.MapPte(page.Pfn, mm, -1);
            return false;
        }
        int left = await SubLargeMapcount(cpu, folio, n, mm);
        if (cpu.Policy.PageMapcount == PageMapcount.Off)
        {
            cpu.Ghost.MapPtes(page.Pfn, n, mm, -1);
            return left != 0 && await IsPartially(cpu, folio, left) && (int)await cpu.Load(folio.EntireMapcount, Step.RmapRemove) < 0;
        }
        int last = 0;
        for (int i = 0; i < n; i++)
        {
            var each = new Page(page.Pfn + i);
            if (await cpu.Add(each.Mapcount, -1, Step.RmapRemove) == uint.MaxValue) last++;
            cpu.Ghost.MapPte(each.Pfn, mm, -1);
        }
        if (last == 0) return false;
        uint mapped = await cpu.Add(folio.NrPagesMapped, -last, Step.RmapRemove);
        return mapped is > 0 and < Layout.EntirelyMapped;
    }

    /// <summary>folio_add_rmap_pmd().</summary>
    public static async Op AddPmd(Cpu cpu, Folio folio, int mm)
    {
        cpu.Tell(MomentKind.Rmap, folio.Pfn, (ulong)folio.Pfn, 1);
        if (await cpu.Add(folio.EntireMapcount, 1, Step.RmapAdd) == 0 && cpu.Policy.PageMapcount == PageMapcount.On)
            await cpu.Add(folio.NrPagesMapped, Layout.EntirelyMapped, Step.RmapAdd);
        cpu.Ghost.MapPmd(folio.Pfn, mm, 1);
        await AddLargeMapcount(cpu, folio, 1, mm);
    }

    /// <summary>folio_remove_rmap_pmd(): _large_mapcount, then entire, then nr_pages_mapped. True when partially mapped.</summary>
    public static async Op<bool> RemovePmd(Cpu cpu, Folio folio, int mm)
    {
        cpu.Tell(MomentKind.Rmap, folio.Pfn, (ulong)folio.Pfn, 1);
        int left = await SubLargeMapcount(cpu, folio, 1, mm);
        bool last = await cpu.Add(folio.EntireMapcount, -1, Step.RmapRemove) == uint.MaxValue;
        cpu.Ghost.MapPmd(folio.Pfn, mm, -1);
        if (!last) return false;
        if (cpu.Policy.PageMapcount == PageMapcount.Off) return left != 0 && await IsPartially(cpu, folio, left);
        uint mapped = await cpu.Add(folio.NrPagesMapped, -Layout.EntirelyMapped, Step.RmapRemove);
        if (mapped >= Layout.EntirelyMapped) return false; // raced with another PMD mapping
        uint nrPages = await cpu.Load(folio.NrPages, Step.RmapNrPages);
        cpu.Tell(MomentKind.NrPagesRead, folio.Pfn, nrPages, 1);
        return mapped > 0 && mapped < nrPages;
    }

    /// <summary>PAGE_MAPCOUNT=0: fewer mappings than pages are taken for a folio that is mapped in part.</summary>
    private static async Op<bool> IsPartially(Cpu cpu, Folio folio, int mappings) => mappings < (int)await ReadNrPages(cpu, folio, 1);

    /// <summary>folio_nr_pages() of rmap: _nr_pages read as a folio field.</summary>
    /// <param name="n">pages that are accounted</param>
    internal static AccessThen<Accesses.Load32, NrPagesRead, uint> ReadNrPages(Cpu cpu, Folio folio, int n)
    {
        cpu.Load(folio.NrPages, Step.RmapNrPages);
        return new(cpu, new NrPagesRead(folio.Pfn, n));
    }

    internal readonly struct NrPagesRead(int pfn, int n) : IThen<uint>
    {
        public uint Do(Cpu cpu, ulong result)
        {
            cpu.Tell(MomentKind.NrPagesRead, pfn, result, (ulong)n);
            return (uint)result;
        }
    }

    /// <summary>folio_add_new_anon_rmap() of an unpublished folio: plain stores.</summary>
    public static async Op NewAnon(Cpu cpu, Folio folio, int order, int mm, bool pmd)
    {
        cpu.Tell(MomentKind.Rmap, folio.Pfn, (ulong)folio.Pfn, pmd ? 1UL : 1UL << order);
        ulong exclusive = PageFlag.AnonExclusive;
        bool perPage = cpu.Policy.PageMapcount == PageMapcount.On;
        if (order == 0)
        {
            await cpu.Store(folio.Head.Mapcount, 0, Step.NewAnon);
            cpu.Ghost.MapPte(folio.Pfn, mm, 1);
            await cpu.Or(folio.Flags, exclusive, Step.NewAnon);
            return;
        }
        int nr = 1 << order;
        if (pmd)
        {
            await cpu.Store(folio.EntireMapcount, 0, Step.NewAnon);
            cpu.Ghost.MapPmd(folio.Pfn, mm, 1);
            await cpu.Store(folio.LargeMapcount, 0, Step.NewAnon);
            if (perPage) await cpu.Store(folio.NrPagesMapped, Layout.EntirelyMapped, Step.NewAnon);
            await cpu.Or(folio.Flags, exclusive, Step.NewAnon);
        }
        else
        {
            for (int i = 0; i < nr; i++)
            {
                var page = new Page(folio.Pfn + i);
                if (perPage) await cpu.Store(page.Mapcount, 0, Step.NewAnon);
                cpu.Ghost.MapPte(page.Pfn, mm, 1);
                await cpu.Or(page.Flags, exclusive, Step.NewAnon);
            }
            await cpu.Store(folio.LargeMapcount, (uint)(nr - 1), Step.NewAnon);
            if (perPage) await cpu.Store(folio.NrPagesMapped, (uint)nr, Step.NewAnon);
        }
        if (cpu.Policy.MmId == MmId.Off) return;
        // folio_set_large_mapcount(): slot 0 is this mm's.
        await cpu.Store(folio.MmIdMapcount.Low, (uint)((pmd ? 1 : nr) - 1), Step.LmSlot);
        await cpu.Store(folio.MmIds.Low, (uint)(mm + 1), Step.LmSlot);
    }

    /// <summary>LM(+n): folio_add_return_large_mapcount().</summary>
    private static async Op AddLargeMapcount(Cpu cpu, Folio folio, int n, int mm)
    {
        if (cpu.Policy.MmId == MmId.Off)
        {
            await cpu.Add(folio.LargeMapcount, n, Step.LmAdd);
            return;
        }
        uint id = (uint)(mm + 1);
        await cpu.Lock(folio.MmIds, Step.LmLock, MmIdsLock);
        await SanityCheck(cpu, folio, n);
        int total = (int)await cpu.Load(folio.LargeMapcount, Step.LmAdd) + n;
        await cpu.Store(folio.LargeMapcount, (uint)total, Step.LmAdd);
        ulong ids = await cpu.Load(folio.MmIds, Step.LmSlot);
        ulong counts = await cpu.Load(folio.MmIdMapcount, Step.LmSlot);
        uint id0 = (uint)ids & IdMask, id1 = (uint)(ids >> 32) & IdMask;
        int count0 = (int)(uint)counts, count1 = (int)(uint)(counts >> 32);
        if (id0 == id) await cpu.Store(folio.MmIdMapcount.Low, (uint)(count0 + n), Step.LmSlot);
        else if (id1 == id) await cpu.Store(folio.MmIdMapcount.High, (uint)(count1 + n), Step.LmSlot);
        else if (id0 == 0)
        {
            bool others = total != n - 1;
            await cpu.Store(folio.MmIds, (ids & ~(ulong)IdMask) | id | (others ? Shared : 0), Step.LmSlot);
            await cpu.Store(folio.MmIdMapcount.Low, (uint)(n - 1), Step.LmSlot);
        }
        else if (id1 == 0)
        {
            await cpu.Store(folio.MmIds, ids | ((ulong)id << 32) | Shared, Step.LmSlot);
            await cpu.Store(folio.MmIdMapcount.High, (uint)(n - 1), Step.LmSlot);
        }
        await Unlock(cpu, folio);
    }

    /// <summary>
    /// LM(-n): folio_sub_return_large_mapcount(). A slot can know of fewer mappings than its mm has, when it was free only
    /// after the first of them; it never goes below "none". What is left, as mappings.
    /// </summary>
    private static async Op<int> SubLargeMapcount(Cpu cpu, Folio folio, int n, int mm)
    {
        if (cpu.Policy.MmId == MmId.Off) return (int)await cpu.Add(folio.LargeMapcount, -n, Step.LmSub) + 1;
        uint id = (uint)(mm + 1);
        await cpu.Lock(folio.MmIds, Step.LmLock, MmIdsLock);
        await SanityCheck(cpu, folio, n);
        int total = (int)await cpu.Load(folio.LargeMapcount, Step.LmSub) - n;
        await cpu.Store(folio.LargeMapcount, (uint)total, Step.LmSub);
        ulong ids = await cpu.Load(folio.MmIds, Step.LmSlot);
        ulong counts = await cpu.Load(folio.MmIdMapcount, Step.LmSlot);
        uint id0 = (uint)ids & IdMask, id1 = (uint)(ids >> 32) & IdMask;
        int count0 = (int)(uint)counts, count1 = (int)(uint)(counts >> 32);
        if (id0 == id)
        {
            count0 = Math.Max(count0 - n, -1);
            await cpu.Store(folio.MmIdMapcount.Low, (uint)count0, Step.LmSlot);
            if (count0 < 0) ids &= ~(ulong)IdMask;
        }
        else if (id1 == id)
        {
            count1 = Math.Max(count1 - n, -1);
            await cpu.Store(folio.MmIdMapcount.High, (uint)count1, Step.LmSlot);
            if (count1 < 0) ids &= ~((ulong)IdMask << 32);
        }
        // One slot that accounts for everything: not shared any more (incl. fully unmapped: both slots at -1).
        if (count0 == total || count1 == total) ids &= ~Shared;
        await cpu.Store(folio.MmIds, ids, Step.LmSlot);
        await Unlock(cpu, folio);
        return total + 1;
    }

    /// <summary>__folio_large_mapcount_sanity_checks(): reads _nr_pages as a folio field.</summary>
    private static AccessThen<Accesses.Load32, Sane, Unit> SanityCheck(Cpu cpu, Folio folio, int n)
    {
        cpu.Load(folio.NrPages, Step.RmapNrPages);
        return new(cpu, new Sane(folio.Pfn, n));
    }

    private readonly struct Sane(int pfn, int n) : IThen<Unit>
    {
        public Unit Do(Cpu cpu, ulong nrPages)
        {
            if ((uint)n > nrPages && cpu.Policy.Checks == Checks.On)
                cpu.Printk("WARNING in __folio_large_mapcount_sanity_checks (diff > folio_large_nr_pages)");
            cpu.Tell(MomentKind.NrPagesRead, pfn, nrPages, (ulong)n);
            return default;
        }
    }

    private static VoidAccess<Accesses.Unlock> Unlock(Cpu cpu, Folio folio)
    {
        cpu.Tell(MomentKind.MmIdsUnlock, folio.Pfn);
        return cpu.Unlock(folio.MmIds, Step.LmUnlock, MmIdsLock);
    }
}
