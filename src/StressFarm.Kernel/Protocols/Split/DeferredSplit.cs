namespace StressFarm.Kernel.Protocols;

/// <summary>The deferred split lists (spec 3.11; <c>mm/huge_memory.c</c>), one for each memory control group.</summary>
public static class DeferredSplit
{
    private static Word Next(Folio folio) => folio.DeferredList;

    /// <summary>
    /// <c>deferred_split_folio</c>: marks the folio partially mapped and queues it. Order-1 folios have no page[2] for the
    /// link. The caller holds a reference or a mapping.
    /// </summary>
    /// <param name="partially">false: queued because it may be underused, all of it being mapped</param>
    public static async Op Queue(Cpu cpu, Folio folio, bool partially = true)
    {
        int order = (int)(await cpu.Load(folio.SecondFlags, Step.Queue) & PageFlag.OrderMask);
        if (order <= 1) return;
        int memcg = await LockList(cpu, folio, Step.QueueLock);
        if (partially) await cpu.Or(folio.SecondFlags, PageFlag.PartiallyMapped, Step.QueueAdd);
        ulong next = await cpu.Load(Next(folio), Step.QueueAdd);
        if (next == cpu.Memory.AddressOf(Next(folio)))
            await Lists.AddTail(cpu, Next(folio), cpu.Cells.DeferredHeadOf(memcg), Step.QueueAdd);
        cpu.Ghost.SetQueued(folio.Pfn, true);
        await cpu.Unlock(cpu.Cells.DeferredLockOf(memcg), Step.QueueUnlock);
    }

    /// <summary>
    /// <c>folio_unqueue_deferred_split</c>: at refcount 0 only; a racy list_empty() first, since nobody can queue it now.
    /// </summary>
    public static async Op Unqueue(Cpu cpu, Folio folio, int order)
    {
        if (order <= 1) return;
        ulong second = await cpu.Load(folio.SecondFlags, Step.Unqueue);
        if ((second & PageFlag.LargeRmappable) == 0) return;
        ulong self = cpu.Memory.AddressOf(Next(folio));
        if (await cpu.Load(Next(folio), Step.Unqueue) == self) return;
        int memcg = await LockList(cpu, folio, Step.UnqueueLock);
        if (await cpu.Load(Next(folio), Step.UnqueueDel) != self)
        {
            await cpu.AndNot(folio.SecondFlags, PageFlag.PartiallyMapped, Step.UnqueueDel);
            await Delete(cpu, folio, Step.UnqueueDel);
        }
        await cpu.Unlock(cpu.Cells.DeferredLockOf(memcg), Step.UnqueueUnlock);
    }

    /// <summary>
    /// <c>mm/list_lru.c:lock_list_lru_of_memcg</c>: the lock of the folio's list, which is looked up again once it is held. The
    /// number of the memory control group; with one of them there is nothing to look up.
    /// </summary>
    internal static async Op<int> LockList(Cpu cpu, Folio folio, Step step)
    {
        bool many = cpu.Machine.Arena.Memcgs > 1;
        while (true)
        {
            int memcg = many ? AnonMemory.MemcgNumber(await cpu.Load(folio.Head.MemcgData, step)) : 0;
            await cpu.Lock(cpu.Cells.DeferredLockOf(memcg), step);
            if (!many || AnonMemory.MemcgNumber(await cpu.Load(folio.Head.MemcgData, step)) == memcg) return memcg;
            await cpu.Unlock(cpu.Cells.DeferredLockOf(memcg), step);
        }
    }

    /// <summary>list_del_init(), with what CONFIG_DEBUG_LIST looks at first.</summary>
    internal static Op Delete(Cpu cpu, Folio folio, Step step)
    {
        Word node = Next(folio);
        cpu.Ghost.SetQueued(folio.Pfn, false);
        ulong self = cpu.Memory.AddressOf(node);
        Word next = cpu.Memory.WordAt(cpu.Peek(node)), prev = cpu.Memory.WordAt(cpu.Peek(new Word(node.Index + 1)));
        bool sound = next.Index >= 0 && prev.Index >= 0 && cpu.Peek(prev) == self && cpu.Peek(new Word(next.Index + 1)) == self;
        if (!sound)
        {
            cpu.Printk("list_del corruption");
            cpu.Tell(MomentKind.ListCorrupt, folio.Pfn);
        }
        return Lists.DelInit(cpu, node, step);
    }
}
