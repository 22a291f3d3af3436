namespace StressFarm.Simulation;

/// <summary>The deferred split list (spec 3.11; <c>mm/huge_memory.c</c>).</summary>
public static class DeferredSplit
{
    private static Word Next(Folio folio) => folio.DeferredList;

    /// <summary>
    /// <c>deferred_split_folio</c>: marks the folio partially mapped and queues it. Order-1 folios have no page[2] for the
    /// link. The caller holds a reference or a mapping.
    /// </summary>
    public static async Op Queue(Cpu cpu, Folio folio)
    {
        Cells cells = cpu.Machine.Cells;
        int order = (int)(await cpu.Load(folio.SecondFlags, Step.Queue) & PageFlag.OrderMask);
        if (order <= 1) return;
        await cpu.Lock(cells.DeferredLock, Step.QueueLock);
        await cpu.Or(folio.SecondFlags, PageFlag.PartiallyMapped, Step.QueueAdd);
        ulong next = await cpu.Load(Next(folio), Step.QueueAdd);
        if (next == cpu.Machine.Memory.AddressOf(Next(folio)))
            await Lists.AddTail(cpu, Next(folio), cells.DeferredHead, Step.QueueAdd);
        await cpu.Unlock(cells.DeferredLock, Step.QueueUnlock);
    }

    /// <summary>
    /// <c>folio_unqueue_deferred_split</c>: at refcount 0 only; a racy list_empty() first, since nobody can queue it now.
    /// </summary>
    public static async Op Unqueue(Cpu cpu, Folio folio, int order)
    {
        if (order <= 1) return;
        ulong second = await cpu.Load(folio.SecondFlags, Step.Unqueue);
        if ((second & PageFlag.LargeRmappable) == 0) return;
        ulong self = cpu.Machine.Memory.AddressOf(Next(folio));
        if (await cpu.Load(Next(folio), Step.Unqueue) == self) return;
        Cells cells = cpu.Machine.Cells;
        await cpu.Lock(cells.DeferredLock, Step.UnqueueLock);
        if (await cpu.Load(Next(folio), Step.UnqueueDel) != self)
        {
            await cpu.AndNot(folio.SecondFlags, PageFlag.PartiallyMapped, Step.UnqueueDel);
            cpu.Judge.RaiseAt(MomentKind.DeferredUnlink, cpu, folio.Pfn, cpu.Peek(Next(folio)), cpu.Peek(new Word(Next(folio).Index + 1)));
            await Lists.DelInit(cpu, Next(folio), Step.UnqueueDel);
        }
        await cpu.Unlock(cells.DeferredLock, Step.UnqueueUnlock);
    }
}
