namespace StressFarm.Kernel.Protocols;

/// <summary>Free pages that failed and are taken out of circulation, and put back (<c>mm/page_alloc.c</c>).</summary>
public static class TakenPages
{
    /// <summary>MAGIC_HWPOISON in page->private: PageHWPoisonTakenOff.</summary>
    public const ulong TakenOff = 0x48575053;

    /// <summary>
    /// What a free does with a block that has a poisoned page: the healthy ones go to the lists, the poisoned to nobody. For a
    /// block of more than one page this is control's mending; as read, v7.3 frees it whole.
    /// </summary>
    public static async Op KeepPoisoned(Cpu cpu, int pfn, int order)
    {
        ulong seen = 0;
        if (order > cpu.Machine.Arena.ExactOrder)
            for (int first = pfn; first < pfn + (1 << order); first += 64)
            {
                await cpu.Burst(new Page(first).Flags, Step.F3Keep);
                for (int i = first; i < first + 64 && i < pfn + (1 << order); i++) seen |= cpu.Peek(new Page(i).Flags);
            }
        else
            for (int i = 0; i < 1 << order; i++) seen |= await cpu.Load(new Page(pfn + i).Flags, Step.F3Keep);
        if ((seen & PageFlag.HwPoison) == 0)
        {
            await BuddyAllocator.FreeOnePage(cpu, pfn, order);
            return;
        }
        if (order > 0)
        {
            await KeepPoisoned(cpu, pfn, order - 1);
            await KeepPoisoned(cpu, pfn + (1 << (order - 1)), order - 1);
            return;
        }
        await cpu.Store(new Page(pfn).Private, TakenOff, Step.F3Keep);
        cpu.Ghost.Transfer(cpu, pfn, 0, Owner.IsolatedFree, Owner.HwpTaken);
    }

    /// <summary>
    /// <c>take_page_off_buddy</c>: under zone->lock the block that holds the page leaves its list and all of it but the page goes
    /// back. False when no free block holds it. A page that a free kept back counts as taken.
    /// </summary>
    public static async Op<bool> TakeOff(Cpu cpu, int pfn)
    {
        await cpu.Lock(cpu.Cells.ZoneLock, Step.TakeOff);
        bool taken = await cpu.Load(new Page(pfn).Private, Step.TakeOff) == TakenOff;
        for (int order = 0; order <= cpu.Machine.Arena.SystemOrder && !taken; order++)
        {
            var head = new Page(pfn & ~((1 << order) - 1));
            bool buddy = PageType.Is(await cpu.Load(head.Type, Step.TakeOff), PageType.Buddy);
            int size = buddy ? (int)await cpu.Load(head.Private, Step.TakeOff) : -1;
            if (size >= order)
            {
                await BreakDown(cpu, head.Pfn, size, pfn);
                taken = true;
            }
            else if (await cpu.Load(head.Refcount, Step.TakeOff) != 0)
            {
                break;
            }
        }
        await cpu.Unlock(cpu.Cells.ZoneLock, Step.TakeOff);
        return taken;
    }

    /// <summary><c>break_down_buddy_pages</c>: halves go back to the free lists until only the page is left.</summary>
    private static async Op BreakDown(Cpu cpu, int block, int order, int pfn)
    {
        var head = new Page(block);
        await Lists.Del(cpu, head.Lru, Step.TakeOff);
        await cpu.Store(head.Type, PageType.None, Step.TakeOff);
        await cpu.Store(head.Private, 0, Step.TakeOff);
        while (order > 0)
        {
            order--;
            int upper = block + (1 << order);
            var back = new Page(pfn >= upper ? block : upper);
            if (pfn >= upper) block = upper;
            await Lists.Add(cpu, back.Lru, cpu.Cells.FreeArea(order), Step.TakeOff);
            await cpu.Store(back.Private, (ulong)order, Step.TakeOff);
            await cpu.Store(back.Type, PageType.Buddy, Step.TakeOff);
        }
        await cpu.Store(new Page(pfn).Private, TakenOff, Step.TakeOff);
        cpu.Ghost.Transfer(cpu, pfn, 0, Owner.Buddy, Owner.HwpTaken);
    }

    /// <summary>is_free_buddy_page(), without the lock: racy.</summary>
    public static async Op<bool> IsFreeBuddy(Cpu cpu, int pfn, Step step)
    {
        for (int order = 0; order <= cpu.Machine.Arena.SystemOrder; order++)
        {
            var head = new Page(pfn & ~((1 << order) - 1));
            if (PageType.Is(await cpu.Load(head.Type, step), PageType.Buddy) && (int)await cpu.Load(head.Private, step) >= order) return true;
        }
        return false;
    }

    /// <summary>page_ref_inc() on a page that was taken off: from now on memory_failure() holds it.</summary>
    internal static async Op Hold(Cpu cpu, int pfn)
    {
        if (MemoryFailure.MarkAgain(cpu) is var mark and not 0) await cpu.Or(new Page(pfn).Flags, mark, Step.MfTaken);
        await cpu.Add(new Page(pfn).Refcount, 1, Step.MfTaken);
        cpu.Tell(MomentKind.PoisonTaken, pfn);
        if (cpu.Ghost.OwnerOf(pfn) != Owner.HwpTaken || cpu.Ghost.ObjectOf(pfn) != Ghost.NoObject) return;
        int id = cpu.Ghost.Create(cpu, pfn, 0, Owner.HwpTaken, rmappable: false);
        cpu.Ghost[id].OtherRefs = 1;
        cpu.Ghost.Publish(cpu, id);
    }

    /// <summary><c>put_page_back_buddy</c>. False when somebody else holds a reference, who then frees it.</summary>
    public static async Op<bool> PutBack(Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        await cpu.Lock(cpu.Cells.ZoneLock, Step.PutBack);
        cpu.Ghost.ThreadToOther(cpu, pfn, -1);
        bool last = await cpu.Add(page.Refcount, -1, Step.PutBack) == 0;
        cpu.Ghost.Put(cpu, pfn);
        if (last)
        {
            cpu.Ghost.BeginFree(cpu, pfn);
            await cpu.Store(page.Private, 0, Step.PutBack);
            cpu.Ghost.EndFree(cpu, pfn, 0, Owner.IsolatedFree);
            await BuddyAllocator.MergeAndAdd(cpu, pfn, 0);
            await cpu.AndNot(page.Flags, PageFlag.HwPoison, Step.PutBack);
            cpu.Ghost.SetPoison(pfn, Poison.None);
        }
        await cpu.Unlock(cpu.Cells.ZoneLock, Step.PutBack);
        return last;
    }
}
