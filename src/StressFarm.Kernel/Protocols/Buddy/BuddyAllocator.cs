namespace StressFarm.Kernel.Protocols;

/// <summary>What an allocation asks for, as far as page metadata sees it.</summary>
public enum Alloc : byte
{
    /// <summary>No __GFP_COMP: the block's pages stay plain.</summary>
    Plain,
    /// <summary>__GFP_COMP: a compound page.</summary>
    Compound,
    /// <summary>folio_alloc(): a compound page made rmappable.</summary>
    Folio,
}

/// <summary>The buddy allocator with its per-CPU lists: spec 3.1 and 3.3 (<c>mm/page_alloc.c</c>).</summary>
public static class BuddyAllocator
{
    /// <summary>Blocks a per-CPU list keeps before frees go to the zone.</summary>
    private const int PcpHigh = 2;

    /// <summary>
    /// <c>__alloc_frozen_pages_noprof</c> and what its callers add: A1..A10. Returns the pfn, or -1 when memory is out.
    /// The ghost object is created and still unpublished: the caller publishes at the last step of its own.
    /// </summary>
    /// <param name="owner">what the pages become</param>
    /// <param name="refcounted">false for the frozen API (slab): the refcount stays 0</param>
    public static async Op<int> AllocPages(Cpu cpu, int order, Alloc kind, Owner owner, bool refcounted = true)
    {
        int pfn;
        do
        {
            pfn = order < Geometry.PcpOrders ? await RmqueuePcp(cpu, order) : -1;
            if (pfn < 0) pfn = await RmqueueBuddy(cpu, order);
            if (pfn < 0) return -1;
        }
        while (PageChecks.LosesPoisoned(cpu, pfn, order));
        PageChecks.NewPages(cpu, pfn, order);
        cpu.Tell(MomentKind.HandOut, pfn, (ulong)order);
        bool compound = kind != Alloc.Plain && order > 0;
        cpu.Ghost.Create(cpu, pfn, order, owner, rmappable: kind == Alloc.Folio && order > 0);
        await cpu.Store(new Page(pfn).Private, 0, Step.A7);
        if (cpu.Policy.TypesPages) await cpu.Store(new Page(pfn).Type, PageType.NotRmappable, Step.A7);
        bool early = cpu.Policy.RefBeforePrep == RefBeforePrep.Always;
        if (refcounted && early) await SetPageRefcounted(cpu, pfn, Step.A9);
        if (compound) await CompoundPages.Prep(cpu, pfn, order);
        if (refcounted && !early) await SetPageRefcounted(cpu, pfn, Step.A9);
        if (kind == Alloc.Folio && (compound || cpu.Policy.TypesPages)) await CompoundPages.PageRmappableFolio(cpu, pfn);
        return pfn;
    }

    /// <summary>
    /// set_page_refcounted(): VM_BUG_ON when the page is a tail or has a reference. An atomic_set(), which orders nothing: a CPU
    /// that finds the page by its pfn may get a reference and read what was there before PREP_COMPOUND (FIRST_REF).
    /// </summary>
    public static AccessThen<Accesses.Store32, Counted, Unit> SetPageRefcounted(Cpu cpu, int pfn, Step step)
    {
        if (cpu.Policy.FirstRef == FirstRef.Release) cpu.Release();
        cpu.Store(new Page(pfn).Refcount, 1, step);
        return new(cpu, new Counted(pfn));
    }

    public readonly struct Counted(int pfn) : IThen<Unit>
    {
        public Unit Do(Cpu cpu, ulong result)
        {
            cpu.Ghost.FirstRef(cpu, pfn);
            return default;
        }
    }

    private static async Op<int> RmqueuePcp(Cpu cpu, int order)
    {
        Word head = cpu.Cells.Pcp(cpu.Number, order);
        ulong next = await cpu.Load(head, Step.PcpPop);
        int pfn = cpu.Memory.PfnAt(next);
        if (pfn < 0) return -1; // the head itself: empty
        cpu.Handles.PcpCount[order]--;
        await Lists.Del(cpu, new Page(pfn).Lru, Step.PcpPop);
        cpu.Ghost.Transfer(cpu, pfn, order, Owner.Pcp, Owner.IsolatedFree);
        return pfn;
    }

    /// <summary><c>__rmqueue_smallest</c> and <c>expand</c>: A1..A5.</summary>
    private static async Op<int> RmqueueBuddy(Cpu cpu, int order)
    {
        await cpu.Lock(cpu.Cells.ZoneLock, Step.A1);
        int pfn = -1, m = order;
        for (; m <= Geometry.MaxOrder; m++)
        {
            ulong next = await cpu.Load(cpu.Cells.FreeArea(m), Step.A2);
            pfn = cpu.Memory.PfnAt(next);
            if (pfn >= 0) break;
        }
        if (pfn >= 0)
        {
            var page = new Page(pfn);
            await Lists.Del(cpu, page.Lru, Step.A3);
            await cpu.Store(page.Type, PageType.None, Step.A3);
            await cpu.Store(page.Private, 0, Step.A3);
            cpu.Ghost.Transfer(cpu, pfn, order, Owner.Buddy, Owner.IsolatedFree);
            for (int h = m - 1; h >= order; h--)
            {
                var half = new Page(pfn + (1 << h));
                await Lists.Add(cpu, half.Lru, cpu.Cells.FreeArea(h), Step.A4);
                await cpu.Store(half.Private, (ulong)h, Step.A4);
                await cpu.Store(half.Type, PageType.Buddy, Step.A4);
            }
        }
        await cpu.Unlock(cpu.Cells.ZoneLock, Step.A5);
        return pfn;
    }

    /// <summary>
    /// <c>free_frozen_pages</c>: F1..F11 for a block whose refcount is 0. The ghost object dies between F10 and F11.
    /// </summary>
    public static async Op FreeFrozen(Cpu cpu, int pfn, int order)
    {
        var head = new Page(pfn);
        ulong flags = await cpu.Load(head.Flags, Step.F1);
        bool compound = order > 0 && (flags & PageFlag.Head) != 0;
        bool bad = PageChecks.FreedPages(cpu, pfn, order, compound);
        cpu.Tell(MomentKind.FreeCheck, pfn, (ulong)order);
        if (compound) await FreeSecond(cpu, pfn);
        bool poisoned = (flags & PageFlag.HwPoison) != 0;
        if (order > 0) poisoned |= await FreeTails(cpu, pfn, order, compound);
        ulong mapping = await cpu.Load(head.Mapping, Step.F7);
        if ((mapping & Layout.MappingAnon) != 0) await cpu.Store(head.Mapping, 0, Step.F7);
        uint type = await cpu.Load(head.Type, Step.F8);
        if (PageType.HasType(type)) await cpu.Store(head.Type, PageType.None, Step.F8);
        if (bad)
        {
            cpu.Tell(MomentKind.BadPage, pfn, (ulong)order);
            return;
        }
        flags = await cpu.Load(head.Flags, Step.F10);
        poisoned |= (flags & PageFlag.HwPoison) != 0; // the plain write brings it back, whoever clears it meanwhile
        await cpu.Store(head.Flags, flags & ~PageFlag.CheckAtPrep, Step.F10);
        await cpu.Store(head.Private, 0, Step.F10);
        cpu.Ghost.EndFree(cpu, pfn, order, Owner.IsolatedFree);
        // F3 stops an order-0 page; as read, nothing stops a larger block.
        if (poisoned && (order == 0 || cpu.Policy.HwPoison == HwPoison.Mended)) await TakenPages.KeepPoisoned(cpu, pfn, order);
        else await FreeOnePage(cpu, pfn, order);
    }

    /// <summary>F5: the order is gone while the tails still are tails. R-4: large_rmappable is sampled before; under CMP=TYPE the type is.</summary>
    private static async Op FreeSecond(Cpu cpu, int pfn)
    {
        var folio = new Folio(pfn);
        ulong second = await cpu.Load(folio.SecondFlags, Step.F5);
        await cpu.Store(folio.SecondFlags, second & ~PageFlag.Second, Step.F5);
        bool folioFields = cpu.Policy.TypesPages
            ? !PageType.HasType(await cpu.Load(folio.Head.Type, Step.F5))
            : !cpu.Policy.SeparatesFolios || cpu.Policy.KeepsPincount || (second & PageFlag.LargeRmappable) != 0;
        if (folioFields)
            await cpu.Store(folio.NrPages, 0, Step.F5);
    }

    /// <summary>F6: <c>free_tail_page_prepare</c> for each tail, or the flags of each further page of a plain block. True when one of them is poisoned.</summary>
    private static async Op<bool> FreeTails(Cpu cpu, int pfn, int order, bool compound)
    {
        ulong seen = 0;
        int pages = 1 << order;
        int exact = order <= cpu.Machine.Arena.ExactOrder ? pages : Math.Min(pages, 4);
        for (int i = 1; i < exact; i++)
        {
            var tail = new Page(pfn + i);
            if (compound)
            {
                await cpu.Store(tail.Mapping, 0, Step.F6);
                await cpu.Store(tail.Info, 0, Step.F6);
            }
            ulong flags = await cpu.Load(tail.Flags, Step.F6);
            seen |= flags;
            await cpu.Store(tail.Flags, flags & ~PageFlag.CheckAtPrep, Step.F6);
        }
        for (int first = exact; first < pages; first = (first | 63) + 1)
        {
            await cpu.Burst(new Page(pfn + first).Mapping, Step.F6);
            for (int i = first; i <= (first | 63) && i < pages; i++)
            {
                var tail = new Page(pfn + i);
                if (compound)
                {
                    cpu.Poke(tail.Mapping, 0);
                    cpu.Poke(tail.Info, 0);
                }
                seen |= cpu.Peek(tail.Flags);
                cpu.Poke(tail.Flags, cpu.Peek(tail.Flags) & ~PageFlag.CheckAtPrep);
            }
        }
        return (seen & PageFlag.HwPoison) != 0;
    }

    /// <summary>F11: to this CPU's list, or under zone->lock with merging (<c>__free_one_page</c>).</summary>
    public static async Op FreeOnePage(Cpu cpu, int pfn, int order)
    {
        // Pages of an isolated pageblock go past the lists.
        bool isolated = cpu.Machine.Arena.Hotplug && await IsIsolated(cpu, pfn, Step.PcpPush);
        if (order < Geometry.PcpOrders && cpu.Handles.PcpCount[order] < PcpHigh && !isolated)
        {
            cpu.Handles.PcpCount[order]++;
            await Lists.Add(cpu, new Page(pfn).Lru, cpu.Cells.Pcp(cpu.Number, order), Step.PcpPush);
            cpu.Ghost.Transfer(cpu, pfn, order, Owner.IsolatedFree, Owner.Pcp);
            return;
        }
        await FreeToZone(cpu, pfn, order);
    }

    private static async Op<bool> IsIsolated(Cpu cpu, int pfn, Step step) =>
        await cpu.Load(cpu.Cells.Pageblock(pfn >> cpu.Machine.Arena.PmdOrder), step) == Migratetype.Isolate;

    internal static async Op FreeToZone(Cpu cpu, int pfn, int order)
    {
        await cpu.Lock(cpu.Cells.ZoneLock, Step.F11Lock);
        await MergeAndAdd(cpu, pfn, order);
        await cpu.Unlock(cpu.Cells.ZoneLock, Step.F11Unlock);
    }

    /// <summary><c>__free_one_page</c>, under zone->lock.</summary>
    internal static async Op MergeAndAdd(Cpu cpu, int pfn, int order)
    {
        int freed = pfn, freedOrder = order;
        while (order < cpu.Machine.Arena.LargestBlock)
        {
            int buddy = pfn ^ (1 << order);
            if (buddy >= cpu.Machine.Arena.SystemPages) break;
            var page = new Page(buddy);
            if (!PageType.Is(await cpu.Load(page.Type, Step.F11Merge), PageType.Buddy)) break;
            if (await cpu.Load(page.Private, Step.F11Merge) != (ulong)order) break;
            await Lists.Del(cpu, page.Lru, Step.F11Merge);
            await cpu.Store(page.Type, PageType.None, Step.F11Merge);
            await cpu.Store(page.Private, 0, Step.F11Merge);
            pfn &= buddy;
            order++;
        }
        var block = new Page(pfn);
        bool isolated = cpu.Machine.Arena.Hotplug && await IsIsolated(cpu, pfn, Step.F11);
        await cpu.Store(block.Private, (ulong)order, Step.F11);
        await cpu.Store(block.Type, PageType.Buddy, Step.F11);
        await Lists.Add(cpu, block.Lru, isolated ? cpu.Cells.IsolatedArea(order) : cpu.Cells.FreeArea(order), Step.F11);
        cpu.Ghost.Transfer(cpu, freed, freedOrder, Owner.IsolatedFree, Owner.Buddy);
    }

    /// <summary>Gives back what a CPU's lists hold (drain_pages).</summary>
    public static async Op DrainPcp(Cpu cpu, int ofCpu)
    {
        for (int order = 0; order < Geometry.PcpOrders; order++)
            while (true)
            {
                Word head = cpu.Cells.Pcp(ofCpu, order);
                ulong next = await cpu.Load(head, Step.PcpPop);
                int pfn = cpu.Memory.PfnAt(next);
                if (pfn < 0) break;
                await Lists.Del(cpu, new Page(pfn).Lru, Step.PcpPop);
                cpu.Machine.Cpus[ofCpu].Handles.PcpCount[order]--;
                cpu.Ghost.Transfer(cpu, pfn, order, Owner.Pcp, Owner.IsolatedFree);
                await FreeToZone(cpu, pfn, order);
            }
    }

    /// <summary>
    /// <c>___free_pages</c>: what a driver calls. Whoever drops the last reference frees; when a speculative reference is
    /// outstanding on a block that is not compound, the rest of the block is freed here and the first page by that holder.
    /// </summary>
    public static async Op FreePages(Cpu cpu, Page page, int order)
    {
        cpu.Deref(page);
        ulong flags = await cpu.Load(page.Flags, Step.FreePages);
        bool head = (flags & PageFlag.Head) != 0;
        uint left = await cpu.Add(page.Refcount, -1, Step.FreePages);
        cpu.Ghost.Put(cpu, page.Pfn);
        if (left == 0)
        {
            cpu.Ghost.BeginFree(cpu, page.Pfn);
            await FreeFrozen(cpu, page.Pfn, order);
        }
        else if (!head)
        {
            // The object shrinks to its first page in the same instant, since the holder's put may come at once.
            int object_ = cpu.Ghost.ObjectOf(page.Pfn);
            cpu.Ghost.DetachUpper(cpu, object_);
            for (int h = order - 1; h >= 0; h--) await FreeFrozen(cpu, page.Pfn + (1 << h), h);
        }
    }
}
