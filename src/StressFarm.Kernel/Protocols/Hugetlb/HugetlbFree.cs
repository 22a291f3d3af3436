using System.Numerics;

namespace StressFarm.Kernel.Protocols;

/// <summary>How hugetlb folios are freed: to the pool, or through it to the buddy (spec 3.15; <c>mm/hugetlb.c</c>).</summary>
public static class HugetlbFree
{
    /// <summary><c>free_huge_folio</c>: the last reference is gone. Temporary and surplus folios leave the pool.</summary>
    public static async Op FreeHugeFolio(Cpu cpu, Folio folio)
    {
        await HugetlbPool.SetSubpool(cpu, folio, 0, Step.HtlbPut);
        if ((await cpu.Load(folio.Head.Mapping, Step.HtlbPut) & Layout.MappingAnon) != 0)
            await cpu.AndNot(folio.Flags, PageFlag.AnonExclusive, Step.HtlbPut);
        await cpu.Store(folio.Head.Mapping, 0, Step.HtlbPut);
        int hstate = await HstateOf(cpu, folio, Step.HtlbPut);
        await HugetlbPool.Lock(cpu);
        ulong flags = await cpu.AndNot(folio.HugetlbFlags, HugetlbFlag.Migratable, Step.HtlbPut);
        bool temporary = (flags & HugetlbFlag.Temporary) != 0;
        bool surplus = !temporary && await cpu.Load(cpu.Cells.SurplusHugePages(hstate), Step.HtlbPut) != 0;
        if (temporary || surplus) await HugetlbPool.Remove(cpu, folio, hstate, surplus);
        else await HugetlbPool.Enqueue(cpu, folio, hstate);
        await HugetlbPool.Unlock(cpu);
        if (temporary || surplus) await UpdateAndFree(cpu, folio, hstate);
    }

    /// <summary>folio_hstate(): by size.</summary>
    internal static async Op<int> HstateOf(Cpu cpu, Folio folio, Step step) =>
        (int)(await cpu.Load(folio.SecondFlags, step) & PageFlag.OrderMask) == cpu.Machine.Arena.HugeOrder ? 0 : 1;

    /// <summary>
    /// <c>__update_and_free_hugetlb_folio</c>: the vmemmap is restored, or the folio goes back to the pool as surplus; the type
    /// goes, under hugetlb_lock, so that no memory failure records poison in the folio any more; what was recorded moves to
    /// the pages; the pages go to the buddy. False when it went back.
    /// </summary>
    public static async Op<bool> UpdateAndFree(Cpu cpu, Folio folio, int hstate)
    {
        int order = HugetlbPool.OrderOf(cpu, hstate);
        if (!await VmemmapRemap.Restore(cpu, folio, order))
        {
            await HugetlbPool.AddBack(cpu, folio, hstate, surplus: true);
            return false;
        }
        bool early = cpu.Policy.Has(Deviation.PoisonMovedWhileHugetlb);
        if (early) await MovePoison(cpu, folio, order);
        await ClearType(cpu, folio);
        if (!early) await MovePoison(cpu, folio, order);
        await DeferredSplit.Unqueue(cpu, folio, order);
        await BuddyAllocator.FreeFrozen(cpu, folio.Pfn, order);
        return true;
    }

    private static async Op ClearType(Cpu cpu, Folio folio)
    {
        if (!PageType.Is(await cpu.Load(folio.Head.Type, Step.HtlbFree), PageType.Hugetlb)) return;
        await HugetlbPool.Lock(cpu);
        await HugetlbTest.Clear(cpu, folio.Pfn, Step.HtlbFree);
        await HugetlbPool.Unlock(cpu);
    }

    /// <summary><c>folio_clear_hugetlb_hwpoison</c>: from the head and the list of raw pages to the pages themselves.</summary>
    private static async Op MovePoison(Cpu cpu, Folio folio, int order)
    {
        if ((await cpu.Load(folio.Flags, Step.HtlbMovePoison) & PageFlag.HwPoison) == 0) return;
        await cpu.AndNot(folio.Flags, PageFlag.HwPoison, Step.HtlbMovePoison);
        ulong raw = await cpu.AndNot(folio.HugetlbHwpoison, ulong.MaxValue, Step.HtlbMovePoison);
        for (; raw != 0; raw &= raw - 1)
        {
            int first = RawPages.PfnOf(folio.Pfn, order, raw);
            for (int pfn = first; pfn < first + RawPages.PerBit(order); pfn++)
            {
                await cpu.Or(new Page(pfn).Flags, PageFlag.HwPoison, Step.HtlbMovePoison);
                cpu.Ghost.SetPoison(pfn, Poison.Flagged);
            }
        }
    }
}

/// <summary>
/// <c>struct raw_hwp_page</c>: which pages of a hugetlb folio failed. The kernel's list hangs off page[3]; here the word itself
/// holds a bit per page, or per 2^(order - 6) pages of a folio of more than 64, which fail together then.
/// </summary>
public static class RawPages
{
    public static ulong BitOf(int head, int order, int pfn) => 1UL << ((pfn - head) >> Math.Max(0, order - 6));
    public static int PerBit(int order) => 1 << Math.Max(0, order - 6);
    /// <summary>The first page of the lowest bit.</summary>
    public static int PfnOf(int head, int order, ulong raw) => head + (BitOperations.TrailingZeroCount(raw) << Math.Max(0, order - 6));
}
