namespace StressFarm.Kernel.Protocols;

/// <summary>
/// The pool of hugetlb folios (spec 3.15; <c>mm/hugetlb.c</c>): free folios have refcount 0 and a type, and lie on a list
/// under hugetlb_lock. hstate 0 is for the large folios, 1 for those that demotion makes of them.
/// </summary>
public static class HugetlbPool
{
    /// <summary>nr_overcommit_huge_pages.</summary>
    public const int Overcommit = 1;

    public static int OrderOf(Cpu cpu, int hstate) => hstate == 0 ? cpu.Machine.Arena.HugeOrder : cpu.Machine.Arena.DemotedOrder;

    internal static VoidAccess<Accesses.Lock> Lock(Cpu cpu) => cpu.Lock(cpu.Cells.HugetlbLock, Step.HtlbLock);
    internal static VoidAccess<Accesses.Unlock> Unlock(Cpu cpu) => cpu.Unlock(cpu.Cells.HugetlbLock, Step.HtlbUnlock);

    /// <summary><c>set_max_huge_pages</c> upwards: a fresh folio, optimised, goes to the pool. False when memory is out.</summary>
    public static async Op<bool> Grow(Cpu cpu)
    {
        Folio folio = await AllocateFresh(cpu);
        if (folio.Pfn < 0) return false;
        await VmemmapRemap.Optimize(cpu, folio, cpu.Machine.Arena.HugeOrder);
        await Lock(cpu);
        await cpu.Add(cpu.Cells.NrHugePages(0), 1, Step.HtlbEnqueue);
        await Enqueue(cpu, folio, 0);
        await Unlock(cpu);
        return true;
    }

    /// <summary><c>only_alloc_fresh_hugetlb_folio</c>: a frozen compound page that gets the type. Pfn -1 when memory is out.</summary>
    internal static async Op<Folio> AllocateFresh(Cpu cpu)
    {
        int order = cpu.Machine.Arena.HugeOrder;
        // under CMP=RFC these are made rmappable. Before Z16's fix they were so in mainline.
        bool folioFields = cpu.Policy.SeparatesFolios || cpu.Policy.HugetlbWords == HugetlbWords.Page2;
        int pfn = await BuddyAllocator.AllocPages(cpu, order, folioFields ? Alloc.Folio : Alloc.Compound, Owner.Hugetlb, refcounted: false);
        var folio = new Folio(pfn);
        if (pfn < 0) return folio;
        cpu.Ghost.KeepFrozen(pfn);
        await InitNew(cpu, folio);
        cpu.Ghost.PublishAt(cpu, pfn);
        return folio;
    }

    /// <summary><c>init_new_hugetlb_folio</c>.</summary>
    internal static async Op InitNew(Cpu cpu, Folio folio)
    {
        await HugetlbTest.Set(cpu, folio.Pfn, Step.HtlbAlloc);
        ulong self = cpu.Memory.AddressOf(folio.Head.Lru);
        await cpu.Store(folio.Head.Lru, self, Step.HtlbAlloc);
        await cpu.Store(folio.Head.Prev, self, Step.HtlbAlloc);
        await SetSubpool(cpu, folio, 0, Step.HtlbAlloc);
    }

    /// <summary>hugetlb_set_folio_subpool(): a word of page[3]; before Z16's fix two words of page[2], which are _deferred_list's.</summary>
    internal static async Op SetSubpool(Cpu cpu, Folio folio, ulong subpool, Step step)
    {
        if (cpu.Policy.HugetlbWords == HugetlbWords.Page3)
        {
            await cpu.Store(folio.HugetlbSubpool, subpool, step);
            return;
        }
        await cpu.Store(folio.DeferredList, subpool, step);
        await cpu.Store(new Word(folio.DeferredList.Index + 1), 0, step);
    }

    /// <summary><c>enqueue_hugetlb_folio</c>, under hugetlb_lock: to the free list, and the folio is the pool's.</summary>
    internal static async Op Enqueue(Cpu cpu, Folio folio, int hstate)
    {
        await Lists.DelInit(cpu, folio.Head.Lru, Step.HtlbEnqueue);
        await Lists.Add(cpu, folio.Head.Lru, cpu.Cells.HugetlbFree(hstate), Step.HtlbEnqueue);
        await cpu.Add(cpu.Cells.FreeHugePages(hstate), 1, Step.HtlbEnqueue);
        await cpu.Or(folio.HugetlbFlags, HugetlbFlag.Freed, Step.HtlbEnqueue);
        cpu.Ghost.Pool(folio.Pfn);
    }

    /// <summary>
    /// <c>dequeue_hugetlb_folio_node_exact</c>: the first healthy folio of the free list, refcount 0 -> 1; else
    /// <c>alloc_surplus_hugetlb_folio</c>. The pfn with a reference of this CPU's, or -1.
    /// </summary>
    public static async Op<int> Allocate(Cpu cpu, int hstate)
    {
        await Lock(cpu);
        int pfn = await FirstHealthy(cpu, hstate, Step.HtlbDequeue);
        if (pfn >= 0)
        {
            var folio = new Folio(pfn);
            await Lists.DelInit(cpu, folio.Head.Lru, Step.HtlbDequeue);
            await Lists.Add(cpu, folio.Head.Lru, cpu.Cells.HugetlbActive(hstate), Step.HtlbDequeue);
            await HandOut(cpu, folio, Step.HtlbDequeue);
            await cpu.AndNot(folio.HugetlbFlags, HugetlbFlag.Freed, Step.HtlbDequeue);
            await cpu.Add(cpu.Cells.FreeHugePages(hstate), -1, Step.HtlbDequeue);
        }
        await Unlock(cpu);
        return pfn < 0 && hstate == 0 ? await AllocateSurplus(cpu) : pfn;
    }

    /// <summary>The first folio of the free list that has no poison, under hugetlb_lock; -1 when there is none.</summary>
    internal static async Op<int> FirstHealthy(Cpu cpu, int hstate, Step step)
    {
        Word head = cpu.Cells.HugetlbFree(hstate);
        for (Word at = head; ;)
        {
            at = cpu.Memory.WordAt(await cpu.Load(at, step));
            if (at == head || at.Index < 0) return -1;
            int pfn = at.Index / Layout.WordsPerPage;
            if ((await cpu.Load(new Page(pfn).Flags, step) & PageFlag.HwPoison) == 0) return pfn;
        }
    }

    private static async Op HandOut(Cpu cpu, Folio folio, Step step)
    {
        cpu.Release(); // folio_ref_unfreeze()
        await cpu.Store(folio.Refcount, 1, step);
        cpu.Ghost.HandOut(cpu, folio.Pfn);
    }

    /// <summary>
    /// <c>alloc_surplus_hugetlb_folio</c>: checked before and after, since hugetlb_lock is not held over the allocation. One too
    /// many is marked temporary and freed.
    /// </summary>
    private static async Op<int> AllocateSurplus(Cpu cpu)
    {
        await Lock(cpu);
        bool full = await cpu.Load(cpu.Cells.SurplusHugePages(0), Step.HtlbSurplus) >= Overcommit;
        await Unlock(cpu);
        if (full) return -1;
        Folio folio = await AllocateFresh(cpu);
        if (folio.Pfn < 0) return -1;
        await VmemmapRemap.Optimize(cpu, folio, cpu.Machine.Arena.HugeOrder);
        await Lock(cpu);
        await cpu.Add(cpu.Cells.NrHugePages(0), 1, Step.HtlbSurplus);
        await Lists.Add(cpu, folio.Head.Lru, cpu.Cells.HugetlbActive(0), Step.HtlbSurplus);
        full = await cpu.Load(cpu.Cells.SurplusHugePages(0), Step.HtlbSurplus) >= Overcommit;
        if (full) await cpu.Or(folio.HugetlbFlags, HugetlbFlag.Temporary, Step.HtlbSurplus);
        else await cpu.Add(cpu.Cells.SurplusHugePages(0), 1, Step.HtlbSurplus);
        await Unlock(cpu);
        if (full)
        {
            cpu.Ghost.BeginFree(cpu, folio.Pfn);
            await HugetlbFree.FreeHugeFolio(cpu, folio);
            return -1;
        }
        await HandOut(cpu, folio, Step.HtlbSurplus);
        return folio.Pfn;
    }

    /// <summary>
    /// <c>remove_hugetlb_folio</c>, under hugetlb_lock: off its list and out of the counts. The type stays while tails are
    /// read-only: a memory failure could write to them otherwise.
    /// </summary>
    internal static async Op Remove(Cpu cpu, Folio folio, int hstate, bool surplus)
    {
        await Lists.DelInit(cpu, folio.Head.Lru, Step.HtlbRemove);
        ulong flags = await cpu.Load(folio.HugetlbFlags, Step.HtlbRemove);
        if ((flags & HugetlbFlag.Freed) != 0)
        {
            await cpu.AndNot(folio.HugetlbFlags, HugetlbFlag.Freed, Step.HtlbRemove);
            await cpu.Add(cpu.Cells.FreeHugePages(hstate), -1, Step.HtlbRemove);
            cpu.Ghost.BeginFree(cpu, folio.Pfn);
        }
        if (surplus) await cpu.Add(cpu.Cells.SurplusHugePages(hstate), -1, Step.HtlbRemove);
        if ((flags & HugetlbFlag.VmemmapOptimized) == 0) await HugetlbTest.Clear(cpu, folio.Pfn, Step.HtlbRemove);
        await cpu.Add(cpu.Cells.NrHugePages(hstate), -1, Step.HtlbRemove);
    }

    /// <summary><c>add_hugetlb_folio</c>: what could not be freed goes back to the pool.</summary>
    internal static async Op AddBack(Cpu cpu, Folio folio, int hstate, bool surplus)
    {
        await Lock(cpu);
        await cpu.Add(cpu.Cells.NrHugePages(hstate), 1, Step.HtlbEnqueue);
        if (surplus) await cpu.Add(cpu.Cells.SurplusHugePages(hstate), 1, Step.HtlbEnqueue);
        await Enqueue(cpu, folio, hstate);
        await Unlock(cpu);
    }

    /// <summary><c>set_max_huge_pages</c> downwards: the first free folio, poisoned or not, goes back to the buddy. False when there is none.</summary>
    public static async Op<bool> Shrink(Cpu cpu, int hstate)
    {
        await Lock(cpu);
        Word at = cpu.Memory.WordAt(await cpu.Load(cpu.Cells.HugetlbFree(hstate), Step.HtlbRemove));
        bool any = at != cpu.Cells.HugetlbFree(hstate) && at.Index >= 0;
        var folio = new Folio(at.Index / Layout.WordsPerPage);
        if (any) await Remove(cpu, folio, hstate, surplus: await cpu.Load(cpu.Cells.SurplusHugePages(hstate), Step.HtlbRemove) != 0);
        await Unlock(cpu);
        if (any) any = await HugetlbFree.UpdateAndFree(cpu, folio, hstate);
        return any;
    }
}
