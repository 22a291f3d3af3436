namespace StressFarm.Kernel.Protocols;

/// <summary>Free hugetlb folios that become smaller ones, or pages of the buddy (spec 3.15; <c>mm/hugetlb.c</c>).</summary>
public static class HugetlbDemotion
{
    /// <summary>
    /// <c>demote_pool_huge_page</c>: the first healthy free folio leaves its pool, its vmemmap is restored, and every part of it
    /// is prepared anew at the lower order. As read nobody looks again for poison after hugetlb_lock was dropped, and an
    /// optimised folio kept its type until then; control looks again before it clears the type.
    /// </summary>
    public static async Op Demote(Cpu cpu)
    {
        int order = cpu.Machine.Arena.HugeOrder;
        await HugetlbPool.Lock(cpu);
        int pfn = await HugetlbPool.FirstHealthy(cpu, 0, Step.HtlbDemote);
        var folio = new Folio(pfn);
        if (pfn >= 0) await HugetlbPool.Remove(cpu, folio, 0, surplus: false);
        await HugetlbPool.Unlock(cpu);
        if (pfn < 0) return;
        if (!await VmemmapRemap.Restore(cpu, folio, order) || !await MayGoOn(cpu, folio))
        {
            if (!PageType.Is(await cpu.Load(folio.Head.Type, Step.HtlbDemote), PageType.Hugetlb)) await HugetlbTest.Set(cpu, pfn, Step.HtlbDemote);
            await HugetlbPool.AddBack(cpu, folio, 0, surplus: false);
            return;
        }
        await Split(cpu, pfn, order);
    }

    /// <summary>Control's second look: the type goes under hugetlb_lock, unless a memory failure recorded poison meanwhile.</summary>
    private static async Op<bool> MayGoOn(Cpu cpu, Folio folio)
    {
        if (cpu.Policy.HwPoison == HwPoison.AsRead) return true;
        await HugetlbPool.Lock(cpu);
        bool healthy = (await cpu.Load(folio.Flags, Step.HtlbDemote) & PageFlag.HwPoison) == 0;
        if (healthy && PageType.Is(await cpu.Load(folio.Head.Type, Step.HtlbDemote), PageType.Hugetlb)) await HugetlbTest.Clear(cpu, folio.Pfn, Step.HtlbDemote);
        await HugetlbPool.Unlock(cpu);
        return healthy;
    }

    /// <summary>
    /// <c>demote_free_hugetlb_folios</c>: mapping, word 8, PREP_COMPOUND and the type for each part, then all of them to the pool. As
    /// read the first part is hugetlb again while tails of the others still lead to it; control gives no type before all are prepared.
    /// </summary>
    private static async Op Split(Cpu cpu, int pfn, int order)
    {
        int to = cpu.Machine.Arena.DemotedOrder;
        bool asRead = cpu.Policy.HwPoison == HwPoison.AsRead;
        for (int part = pfn; part < pfn + (1 << order); part += 1 << to)
        {
            var page = new Page(part);
            await cpu.Store(page.Mapping, 0, Step.HtlbDemote);
            await cpu.Store(page.Info, 0, Step.HtlbDemote);
            if (part == pfn) cpu.Ghost.Shrink(pfn, to);
            else cpu.Ghost[cpu.Ghost.SplitOff(cpu, part, to)].Phase = Phase.Freeing;
            await CompoundPages.Prep(cpu, part, to);
            if (asRead) await HugetlbPool.InitNew(cpu, new Folio(part));
        }
        for (int part = pfn; part < pfn + (1 << order); part += 1 << to)
        {
            // Under the lock, so that whoever looks the folio up under it finds old tails and new types never together.
            if (!asRead)
            {
                await HugetlbPool.Lock(cpu);
                await HugetlbPool.InitNew(cpu, new Folio(part));
                await HugetlbPool.Unlock(cpu);
            }
            await VmemmapRemap.Optimize(cpu, new Folio(part), to);
            await HugetlbPool.Lock(cpu);
            await cpu.Add(cpu.Cells.NrHugePages(1), 1, Step.HtlbEnqueue);
            await HugetlbPool.Enqueue(cpu, new Folio(part), 1);
            await HugetlbPool.Unlock(cpu);
        }
    }

    /// <summary>
    /// <c>dissolve_free_hugetlb_folio</c>: true when the folio that holds the page is none of hugetlb, or was free and is none
    /// any more; false when it is in use (-EBUSY) or its vmemmap could not be restored (-ENOMEM).
    /// </summary>
    public static async Op<bool> Dissolve(Cpu cpu, int pfn)
    {
        for (int tries = 0; ; tries++)
        {
            int head = await CompoundPages.PageFolio(cpu, new Page(pfn), Step.HtlbDissolve);
            if (head < 0 || !await HugetlbTest.IsHugetlb(cpu, head, Step.HtlbDissolve)) return true;
            var folio = new Folio(head);
            await HugetlbPool.Lock(cpu);
            // The folio may have been demoted since: what was looked up is looked up again under the lock.
            bool same = await CompoundPages.PageFolio(cpu, new Page(pfn), Step.HtlbDissolve) == head
                && await HugetlbTest.IsHugetlb(cpu, head, Step.HtlbDissolve);
            bool free = same && await cpu.Load(folio.Refcount, Step.HtlbDissolve) == 0;
            bool listed = free && (await cpu.Load(folio.HugetlbFlags, Step.HtlbDissolve) & HugetlbFlag.Freed) != 0;
            int hstate = listed ? await HugetlbFree.HstateOf(cpu, folio, Step.HtlbDissolve) : 0;
            bool surplus = listed && await cpu.Load(cpu.Cells.SurplusHugePages(hstate), Step.HtlbDissolve) != 0;
            if (listed) await HugetlbPool.Remove(cpu, folio, hstate, surplus);
            await HugetlbPool.Unlock(cpu);
            if (listed) return await HugetlbFree.UpdateAndFree(cpu, folio, hstate);
            // Free and on no list: somebody is just freeing or demoting it; once more, and then it is busy.
            if ((same && !free) || tries == 1) return false;
        }
    }

    /// <summary>
    /// <c>hugetlb_folio_init_vmemmap</c>: a gigantic folio from memblock. Only what lies in its own vmemmap page is written; the
    /// others are mapped to the shared frame from the start. Under CMP=RFC it gets its order and no folio field.
    /// </summary>
    public static async Op Boot(Cpu cpu)
    {
        int order = cpu.Machine.Arena.HugeOrder;
        int pfn = await BuddyAllocator.AllocPages(cpu, order, Alloc.Plain, Owner.Hugetlb, refcounted: false);
        if (pfn < 0) return;
        var folio = new Folio(pfn);
        cpu.Ghost.KeepFrozen(pfn);
        bool shared = VmemmapRemap.SharedPages(cpu, order) != 0;
        await CompoundPages.Prep(cpu, pfn, order, shared ? 1 << cpu.Machine.Arena.VmemmapOrder : 1 << order);
        await HugetlbPool.InitNew(cpu, folio);
        await VmemmapRemap.Optimize(cpu, folio, order);
        cpu.Ghost.PublishAt(cpu, pfn);
        await HugetlbPool.Lock(cpu);
        await cpu.Add(cpu.Cells.NrHugePages(0), 1, Step.HtlbBoot);
        await HugetlbPool.Enqueue(cpu, folio, 0);
        await HugetlbPool.Unlock(cpu);
    }
}
