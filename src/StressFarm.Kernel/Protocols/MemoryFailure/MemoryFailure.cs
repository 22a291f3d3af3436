using System.Numerics;

namespace StressFarm.Kernel.Protocols;

/// <summary>
/// A page fails (spec 3.13; <c>mm/memory-failure.c:memory_failure</c>, v6.12 where v7.3 was not to be had): PG_hwpoison first,
/// then whoever has the page is made to give it up. One failure at a time, under mf_mutex.
/// </summary>
public static class MemoryFailure
{
    /// <summary>GET_PAGE_MAX_RETRY_NUM.</summary>
    private const int Tries = 3;

    public static async Op Fail(Cpu cpu, int pfn)
    {
        await cpu.Lock(cpu.Cells.MfMutex, Step.MfLock);
        for (int tries = 0; tries < 2; tries++)
            if (await MemoryFailureHugetlb.Fail(cpu, pfn) || await FailPage(cpu, pfn, last: tries == 1)) break;
        await cpu.Unlock(cpu.Cells.MfMutex, Step.MfUnlock);
    }

    /// <summary>A page that is none of hugetlb. False when a race with an allocation was lost and everything is to be tried again.</summary>
    private static async Op<bool> FailPage(Cpu cpu, int pfn, bool last)
    {
        var page = new Page(pfn);
        Marked marked = await Mark(cpu, page, set: true);
        if (marked != Marked.Done) return marked == Marked.Before || last;
        if (cpu.Policy.Has(Deviation.HasHwpoisonedBeforeReference)) await MarkLarge(cpu, await CompoundPages.PageFolio(cpu, page, Step.MfLarge));
        for (int tries = 0; tries < Tries; tries++)
        {
            if (tries > 0) await cpu.Yield(Step.MfGet); // shake_page()
            int head = await CompoundPages.PageFolio(cpu, page, Step.MfGet);
            if (head < 0) continue;
            if (!await IsHandlable(cpu, head)) continue;
            if (await SpeculativeGet.Pf(cpu, pfn, Step.MfGet) is var got and >= 0)
            {
                await Contain(cpu, pfn, got);
                return true;
            }
            if (!await TakenPages.IsFreeBuddy(cpu, pfn, Step.MfGet)) continue;
            if (await TakenPages.TakeOff(cpu, pfn))
            {
                await TakenPages.Hold(cpu, pfn);
                return true;
            }
            if (!last)
            {
                await Mark(cpu, page, set: false);
                return false;
            }
        }
        await Ignore(cpu, pfn);
        return true;
    }

    /// <summary>
    /// PG_hwpoison, set once more when the page is held. Free and split write a flags word that they read before, and HVO replaces the
    /// struct page: a failure in between loses its flag. As read the next failure of the page then takes another reference, which
    /// unpoison_memory() does not give back.
    /// </summary>
    internal static ulong MarkAgain(Cpu cpu) => cpu.Policy.HwPoison == HwPoison.AsRead ? 0 : PageFlag.HwPoison;

    /// <summary>
    /// HWPoisonHandlable(): on the LRU, or free. The types that are the kernel's own are refused.
    /// </summary>
    private static async Op<bool> IsHandlable(Cpu cpu, int head)
    {
        uint type = await cpu.Load(new Page(head).Type, Step.MfGet);
        if (PageType.HasType(type) && !PageType.Is(type, PageType.Buddy)) return false;
        if ((await cpu.Load(new Page(head).Flags, Step.MfGet) & PageFlag.Lru) != 0) return true;
        return await cpu.Load(new Page(head).Private, Step.MfGet) == TakenPages.TakenOff || await TakenPages.IsFreeBuddy(cpu, head, Step.MfGet);
    }

    /// <summary>
    /// MF_IGNORED. As read the page keeps PG_hwpoison, although memory_failure() holds no reference; control takes it back,
    /// since unpoison_memory() could not tell.
    /// </summary>
    private static async Op Ignore(Cpu cpu, int pfn)
    {
        if (cpu.Policy.UnpoisonsAll) return;
        await Mark(cpu, new Page(pfn), set: false);
    }

    private enum Marked : byte { Done, Before, Hugetlb }

    /// <summary>
    /// TestSetPageHWPoison(), or its reverse. As read nothing keeps the page from becoming a read-only tail of a hugetlb folio before
    /// the write; control tests for hugetlb once more and writes in one RCU read-side section, which HVO waits for.
    /// </summary>
    private static async Op<Marked> Mark(Cpu cpu, Page page, bool set)
    {
        bool rcu = cpu.Policy.Hvo == Hvo.RcuSync && cpu.Policy.HwPoison == HwPoison.Mended;
        Word reader = cpu.Cells.RcuReader(cpu.Number);
        Marked marked = Marked.Done;
        if (rcu)
        {
            await cpu.Lock(reader, Step.RcuLock);
            int head = await CompoundPages.PageFolio(cpu, page, Step.MfSet);
            if (head >= 0 && await HugetlbTest.IsHugetlb(cpu, head, Step.MfSet)) marked = Marked.Hugetlb;
        }
        if (marked == Marked.Done && set && (await cpu.Or(page.Flags, PageFlag.HwPoison, Step.MfSet) & PageFlag.HwPoison) != 0) marked = Marked.Before;
        else if (marked == Marked.Done && !set) await cpu.AndNot(page.Flags, PageFlag.HwPoison, Step.MfIgnore);
        if (rcu) await cpu.Unlock(reader, Step.RcuUnlock);
        return marked;
    }

    private static async Op MarkLarge(Cpu cpu, int head)
    {
        if (head < 0 || (await cpu.Load(new Page(head).Flags, Step.MfLarge) & PageFlag.Head) == 0) return;
        await cpu.Or(new Folio(head).SecondFlags, PageFlag.HasHwpoisoned, Step.MfLarge);
    }

    /// <summary>
    /// The page's folio is ours by a reference: large ones are marked and split; the page is unmapped, taken off the LRU and kept.
    /// A folio that cannot be split stays as it is, marked.
    /// </summary>
    private static async Op Contain(Cpu cpu, int pfn, int head)
    {
        Folio folio = cpu.PfnFolio(head);
        await FolioReferences.Lock(cpu, folio);
        if ((await cpu.Load(folio.Flags, Step.MfLarge) & PageFlag.Head) != 0)
        {
            // Only now: before the reference was held this would have raced with a split.
            if (!cpu.Policy.Has(Deviation.HasHwpoisonedBeforeReference)) await cpu.Or(folio.SecondFlags, PageFlag.HasHwpoisoned, Step.MfLarge);
            cpu.Ghost.SetPoison(pfn, Poison.Flagged);
            cpu.Tell(MomentKind.PoisonMarked, pfn);
            if (await FolioSplit.Split(cpu, folio, new SplitShape(0, pfn, true), lockAt: pfn) != SplitResult.Done)
            {
                await FolioReferences.Unlock(cpu, folio);
                await FolioReferences.Put(cpu, folio);
                return;
            }
            folio = cpu.PfnFolio(pfn);
        }
        await Unmap(cpu, folio);
        if ((await cpu.AndNot(folio.Flags, PageFlag.Lru | PageFlag.Active, Step.MfUnmap) & PageFlag.Lru) != 0)
        {
            cpu.Ghost.SetLru(cpu, folio.Pfn, false);
            await cpu.Lock(cpu.Cells.LruvecLock, Step.LruLock);
            await cpu.Unlock(cpu.Cells.LruvecLock, Step.LruUnlock);
        }
        cpu.Ghost.SetPoison(pfn, Poison.Flagged);
        await cpu.Or(folio.Flags, PageFlag.HeldByPoison | MarkAgain(cpu), Step.MfHeld);
        cpu.Ghost.ThreadToOther(cpu, pfn, 1);
        await FolioReferences.Unlock(cpu, folio);
    }

    /// <summary>try_to_unmap() of a small anonymous page: its entries become hwpoison entries, which nobody reads here.</summary>
    private static async Op Unmap(Cpu cpu, Folio folio)
    {
        int slot = (int)await cpu.Load(folio.Head.Index, Step.MfUnmap);
        for (uint mms = await FolioUnmap.RmapWalk(cpu, folio, Step.MfUnmap); mms != 0; mms &= mms - 1)
        {
            int mm = BitOperations.TrailingZeroCount(mms), table = AnonMemory.TableOf(cpu, slot);
            await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
            var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot), Step.MfUnmap));
            bool ours = pte.IsPresent && pte.Pfn == folio.Pfn;
            if (ours)
            {
                await cpu.Store(cpu.Cells.Pte(mm, slot), 0, Step.MfUnmap);
                cpu.Ghost.ThreadToPte(cpu, folio.Pfn, -1);
                await Rmap.RemovePtes(cpu, folio, folio.Head, 1, mm, large: false);
            }
            await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
            if (ours) await FolioReferences.Put(cpu, folio);
        }
    }
}
