namespace StressFarm.Kernel.Protocols;

/// <summary>
/// A page of a hugetlb folio fails (<c>mm/memory-failure.c:try_memory_failure_hugetlb</c>): the head is marked and the page is put on
/// the folio's list of raw pages, both under hugetlb_lock; then the folio is dissolved and the page taken off the buddy.
/// </summary>
public static class MemoryFailureHugetlb
{
    private enum Found : byte { None, Retry, Known, Free, InUse }

    /// <summary>False when the page is none of hugetlb.</summary>
    public static async Op<bool> Fail(Cpu cpu, int pfn)
    {
        Found found = await Record(cpu, pfn, insist: false);
        if (found == Found.Retry) found = await Record(cpu, pfn, insist: true);
        if (found == Found.None) return false;
        if (found is Found.Retry or Found.Known) return true;
        int head = await CompoundPages.PageFolio(cpu, new Page(pfn), Step.MfHuge);
        // As read a free folio is locked too, without a reference: the poison keeps it from being allocated or demoted. It does
        // not keep others from dissolving it, with the page lock held, so control leaves that out.
        Folio folio = found == Found.InUse ? cpu.PfnFolio(head) : new Folio(head);
        bool locks = found == Found.InUse || cpu.Policy.HwPoison == HwPoison.AsRead;
        if (locks) await FolioReferences.Lock(cpu, folio);
        if (found == Found.InUse) await HugetlbMapping.UnmapAll(cpu, folio);
        if (locks) await FolioReferences.Unlock(cpu, folio);
        if (found == Found.InUse) await FolioReferences.Put(cpu, folio);
        await HandlePoison(cpu, pfn);
        return true;
    }

    /// <summary><c>get_huge_page_for_hwpoison</c>, <c>hugetlb_update_hwpoison</c>. Z24 did it without the lock.</summary>
    private static async Op<Found> Record(Cpu cpu, int pfn, bool insist)
    {
        await HugetlbPool.Lock(cpu);
        Found found = Found.None;
        bool known = false;
        int head = await CompoundPages.PageFolio(cpu, new Page(pfn), Step.MfHuge);
        if (head >= 0 && await HugetlbTest.IsHugetlb(cpu, head, Step.MfHuge))
        {
            var folio = new Folio(head);
            ulong flags = await cpu.Load(folio.HugetlbFlags, Step.MfHuge);
            if ((flags & HugetlbFlag.Freed) != 0) found = Found.Free;
            else if ((flags & HugetlbFlag.Migratable) != 0) found = await FolioReferences.TryGet(cpu, folio.Head, 1, Step.MfHuge) ? Found.InUse : Found.Free;
            else found = Found.Retry;
            if (found != Found.Retry || insist) known = await Mark(cpu, folio, pfn);
        }
        await HugetlbPool.Unlock(cpu);
        if (!known) return found;
        if (found == Found.InUse) await FolioReferences.Put(cpu, new Folio(head));
        return Found.Known;
    }

    /// <summary>True when the folio was poisoned before.</summary>
    private static async Op<bool> Mark(Cpu cpu, Folio folio, int pfn)
    {
        bool known = (await cpu.Or(folio.Flags, PageFlag.HwPoison, Step.MfRecord) & PageFlag.HwPoison) != 0;
        cpu.Tell(MomentKind.PoisonRecorded, pfn, (ulong)folio.Pfn);
        int order = (int)(await cpu.Load(folio.SecondFlags, Step.MfRecord) & PageFlag.OrderMask);
        await cpu.Or(folio.HugetlbHwpoison, RawPages.BitOf(folio.Pfn, order, pfn), Step.MfRecord);
        cpu.Tell(MomentKind.PoisonRecorded, pfn, (ulong)folio.Pfn);
        cpu.Ghost.SetPoison(pfn, Poison.Recorded);
        return known;
    }

    /// <summary>
    /// <c>__page_handle_poison</c>: dissolve, drain the per-CPU lists, take the page off. Z25 held the page whatever came of the
    /// last.
    /// </summary>
    private static async Op HandlePoison(Cpu cpu, int pfn)
    {
        if (!await HugetlbDemotion.Dissolve(cpu, pfn)) return;
        // drain_all_pages() has every CPU drain its own list; the dissolved folio went to this CPU's.
        await BuddyAllocator.DrainPcp(cpu, cpu.Number);
        bool taken = await TakenPages.TakeOff(cpu, pfn);
        if (taken || cpu.Policy.Has(Deviation.DissolvedMeansTakenOff)) await TakenPages.Hold(cpu, pfn);
    }
}
