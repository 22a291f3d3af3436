namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Slab pages and large kmalloc (spec 3.14; <c>mm/slub.c</c>): compound pages whose owner keeps them frozen and writes its
/// own <c>struct slab</c> over the head's words 8 to 56, tails untouched. SLAB_REF=1 lets them hold a reference instead.
/// </summary>
public static class SlabMemory
{
    /// <summary>The address of the machine's one kmem_cache: what word 8 of a slab's head holds. Even, as bit 0 must be.</summary>
    public const ulong SlabCache = 0xffff_8884_0000_0000;
    /// <summary>An obj_exts vector: what word 56 holds.</summary>
    private const ulong ObjExts = 0xffff_8885_0000_0000;
    /// <summary>Where objects lie: what the freelist word points to.</summary>
    private const ulong Objects = 0xffff_8886_0000_0000;
    /// <summary>Objects of a slab; a full one leaves the partial list.</summary>
    public const int ObjectsPerSlab = 3;

    /// <summary>list_head slab_list: offsets 16 and 24 of the head, the latter being mapping for anyone else.</summary>
    private static Word SlabList(Page head) => head.Prev;
    private static Word FreeList(Page head) => head.Index;
    /// <summary>counters: inuse, objects, frozen; only inuse is kept.</summary>
    private static Word Counters(Page head) => head.Private;

    /// <summary><c>allocate_slab</c>, and the slab goes to the node's partial list with one object taken. -1 when memory is out.</summary>
    public static async Op<int> Allocate(Cpu cpu, int order)
    {
        int pfn = await AllocateFrozen(cpu, order, Owner.Slab);
        if (pfn < 0) return -1;
        var head = new Page(pfn);
        await cpu.Store(head.Type, PageType.Slab, Step.SlabAlloc);
        await cpu.Store(head.Info, SlabCache, Step.SlabAlloc);
        await cpu.Store(head.MemcgData, ObjExts, Step.SlabAlloc);
        await cpu.Store(FreeList(head), Objects + ((ulong)pfn << 12), Step.SlabAlloc);
        await cpu.Store(Counters(head), 1, Step.SlabAlloc);
        if (order > 0 && cpu.Policy.Has(Deviation.SlabWritesTail)) await cpu.Store(new Page(pfn + 1).Index, Objects, Step.SlabAlloc);
        cpu.Ghost.PublishAt(cpu, pfn);
        await cpu.Lock(cpu.Cells.SlabLock, Step.SlabList);
        await Lists.Add(cpu, SlabList(head), cpu.Cells.SlabPartial, Step.SlabList);
        await cpu.Unlock(cpu.Cells.SlabLock, Step.SlabList);
        return pfn;
    }

    /// <summary><c>___kmalloc_large_node</c>. -1 when memory is out.</summary>
    public static async Op<int> AllocateLarge(Cpu cpu, int order)
    {
        int pfn = await AllocateFrozen(cpu, order, Owner.LargeKmalloc);
        if (pfn < 0) return -1;
        await cpu.Store(new Page(pfn).Type, PageType.LargeKmalloc, Step.LkAlloc);
        cpu.Ghost.PublishAt(cpu, pfn);
        return pfn;
    }

    private static async Op<int> AllocateFrozen(Cpu cpu, int order, Owner owner)
    {
        bool counted = cpu.Policy.SlabRef == SlabRef.Counted;
        int pfn = await BuddyAllocator.AllocPages(cpu, order, Alloc.Compound, owner, refcounted: counted);
        if (pfn < 0) return -1;
        if (counted) cpu.Ghost.ThreadToOther(cpu, pfn, 1);
        else cpu.Ghost.KeepFrozen(pfn);
        return pfn;
    }

    /// <summary>Takes an object of a slab: freelist and counters change under slab_lock(). False when the slab is full.</summary>
    public static async Op<bool> Take(Cpu cpu, Page head)
    {
        await cpu.Lock(head.Flags, Step.SlabUse, PageFlag.Locked);
        cpu.Deref(head);
        ulong inuse = await cpu.Load(Counters(head), Step.SlabUse);
        bool taken = inuse < ObjectsPerSlab;
        if (taken)
        {
            await cpu.Store(FreeList(head), Objects + ((ulong)head.Pfn << 12) + inuse * 64, Step.SlabUse);
            await cpu.Store(Counters(head), inuse + 1, Step.SlabUse);
        }
        await cpu.Unlock(head.Flags, Step.SlabUse, PageFlag.Locked);
        if (taken && inuse + 1 == ObjectsPerSlab) await LeavePartial(cpu, head);
        return taken;
    }

    /// <summary>A full slab is on no list; list_del() leaves LIST_POISON in words 16 and 24.</summary>
    private static async Op LeavePartial(Cpu cpu, Page head)
    {
        await cpu.Lock(cpu.Cells.SlabLock, Step.SlabList);
        await Lists.Del(cpu, SlabList(head), Step.SlabList);
        await cpu.Unlock(cpu.Cells.SlabLock, Step.SlabList);
    }

    /// <summary>
    /// <c>kfree</c> of an object that lies on <paramref name="page"/>: virt_to_page(), compound_head(), then by the head's type.
    /// </summary>
    /// <param name="allocated">head of the slab the object came from: for the judge only</param>
    public static async Op Kfree(Cpu cpu, Page page, int allocated)
    {
        int found = await CompoundPages.PageFolio(cpu, page, Step.Kfree);
        cpu.Deref(page);
        cpu.Tell(MomentKind.Kfree, page.Pfn, (ulong)found, (ulong)allocated);
        if (found < 0) return;
        Page head = cpu.PfnToPage(found);
        uint type = await cpu.Load(head.Type, Step.Kfree);
        if (PageType.Is(type, PageType.Slab)) await FreeObject(cpu, head);
        else if (PageType.Is(type, PageType.LargeKmalloc)) await FreeLarge(cpu, head);
        else cpu.Printk("WARNING in free_large_kmalloc: Not a kmalloc allocation");
    }

    private static async Op FreeObject(Cpu cpu, Page head)
    {
        await cpu.Lock(head.Flags, Step.SlabUse, PageFlag.Locked);
        ulong inuse = await cpu.Load(Counters(head), Step.SlabUse);
        await cpu.Store(FreeList(head), Objects + ((ulong)head.Pfn << 12), Step.SlabUse);
        await cpu.Store(Counters(head), inuse - 1, Step.SlabUse);
        await cpu.Unlock(head.Flags, Step.SlabUse, PageFlag.Locked);
        if (inuse == ObjectsPerSlab)
        {
            await cpu.Lock(cpu.Cells.SlabLock, Step.SlabList);
            await Lists.Add(cpu, SlabList(head), cpu.Cells.SlabPartial, Step.SlabList);
            await cpu.Unlock(cpu.Cells.SlabLock, Step.SlabList);
        }
        if (inuse == 1) await Discard(cpu, head);
    }

    /// <summary><c>discard_slab</c>, <c>__free_slab</c>: the overlaid words that free looks at are cleared, the others stay stale.</summary>
    private static async Op Discard(Cpu cpu, Page head)
    {
        await LeavePartial(cpu, head);
        await cpu.Store(head.MemcgData, 0, Step.SlabFree);
        int order = await OrderOf(cpu, head, Step.SlabFree);
        await cpu.Store(head.Mapping, 0, Step.SlabFree);
        await Release(cpu, head, order, Step.SlabFree);
    }

    private static async Op FreeLarge(Cpu cpu, Page head)
    {
        int order = await OrderOf(cpu, head, Step.LkFree);
        await Release(cpu, head, order, Step.LkFree);
    }

    private static async Op<int> OrderOf(Cpu cpu, Page head, Step step)
    {
        if ((await cpu.Load(head.Flags, step) & PageFlag.Head) == 0) return 0;
        return (int)(await cpu.Load(new Folio(head.Pfn).SecondFlags, step) & PageFlag.OrderMask);
    }

    /// <summary>The type goes, then the pages: free_frozen_pages(), or __free_pages() where they hold a reference.</summary>
    private static async Op Release(Cpu cpu, Page head, int order, Step step)
    {
        int id = cpu.Ghost.ObjectOf(head.Pfn);
        bool counted = cpu.Policy.SlabRef == SlabRef.Counted;
        if (!counted) cpu.Ghost.BeginFree(cpu, head.Pfn);
        await cpu.Store(head.Type, cpu.Policy.TypesPages ? PageType.NotRmappable : PageType.None, step);
        if (!counted)
        {
            await BuddyAllocator.FreeFrozen(cpu, head.Pfn, order);
            return;
        }
        // Slab no more: a compound page like others until the last reference goes, which may be a walker's.
        if (id != Ghost.NoObject) cpu.Ghost[id].Kind = order == 0 ? Owner.Small : Owner.Compound;
        cpu.Ghost.ThreadToOther(cpu, head.Pfn, -1);
        await BuddyAllocator.FreePages(cpu, head, order);
    }
}
