namespace StressFarm.Kernel.Protocols;

/// <summary>References, the folio lock and the last put (spec 1.5, 3.4).</summary>
public static class FolioReferences
{
    /// <summary>folio_get(): the caller already holds a reference, so no test for zero.</summary>
    public static AccessThen<Accesses.Add32, Got, Unit> Get(Cpu cpu, Folio folio, int n = 1, Step step = Step.Get)
    {
        cpu.Add(folio.Refcount, n, step);
        return new(cpu, new Got(folio, n));
    }

    public readonly struct Got(Folio folio, int n) : IThen<Unit>
    {
        public Unit Do(Cpu cpu, ulong result)
        {
            cpu.Deref(folio);
            cpu.Ghost.Get(cpu, folio.Pfn, n);
            return default;
        }
    }

    /// <summary>folio_try_get() / get_page_unless_zero(): add unless zero.</summary>
    public static AccessOrOp<Accesses.AddUnlessZero32, GotUnlessZero, bool> TryGet(Cpu cpu, Page page, int n = 1, Step step = Step.TryGet)
    {
        if (cpu.Machine.Arena.HasHugetlb && cpu.Policy.Hvo != Hvo.Off) return new(AddUnlessZero(cpu, page, n, step));
        cpu.AddUnlessZero(page.Refcount, n, step);
        return new(cpu, new GotUnlessZero(page.Pfn, n));
    }

    public readonly struct GotUnlessZero(int pfn, int n) : IThen<bool>
    {
        public bool Do(Cpu cpu, ulong result)
        {
            if (result == 0) return false;
            cpu.Ghost.Get(cpu, pfn, n);
            return true;
        }
    }

    /// <summary>
    /// atomic_add_unless() where the page may turn read-only in between: it reads, and compares and exchanges only what was
    /// not zero. That exchange faults on a read-only page whether it would have stored or not. After Z20 both happen in one
    /// RCU read-side section (<c>include/linux/page_ref.h:page_ref_add_unless</c>, v6.12).
    /// </summary>
    private static async Op<bool> AddUnlessZero(Cpu cpu, Page page, int n, Step step)
    {
        bool rcu = cpu.Policy.Hvo == Hvo.RcuSync, added = false;
        Word reader = cpu.Cells.RcuReader(cpu.Number);
        if (rcu) await cpu.Lock(reader, Step.RcuLock);
        while (!added)
        {
            uint count = await cpu.Load(page.Refcount, Step.RefRead);
            if (count == 0) break;
            added = await cpu.CmpXchg(page.Refcount, count, count + (uint)n, step);
            cpu.Exchanged(page);
            if (added) cpu.Ghost.Get(cpu, page.Pfn, n);
        }
        if (rcu) await cpu.Unlock(reader, Step.RcuUnlock);
        return added;
    }

    /// <summary>folio_put_refs(): P1, and the free when this was the last reference.</summary>
    public static async Op Put(Cpu cpu, Folio folio, int n = 1, Step step = Step.P1)
    {
        uint left = await cpu.Add(folio.Refcount, -n, step);
        cpu.Deref(folio);
        cpu.Ghost.Put(cpu, folio.Pfn, n);
        if (left != 0) return;
        cpu.Ghost.BeginFree(cpu, folio.Pfn);
        await Free(cpu, folio);
    }

    /// <summary>put_page(): through page_folio(), which is decisive wherever a tail is stale (spec 3.5).</summary>
    public static async Op PutPage(Cpu cpu, Page page)
    {
        int head = await CompoundPages.PageFolio(cpu, page, Step.P1);
        if (head < 0) return;
        await Put(cpu, new Folio(head));
    }

    /// <summary><c>mm/swap.c:__folio_put</c>: P2..P5. The refcount is 0: nobody else may change the order now.</summary>
    internal static async Op Free(Cpu cpu, Folio folio)
    {
        if (cpu.Machine.Arena.HasHugetlb && await HugetlbTest.IsHugetlb(cpu, folio.Pfn, Step.P1))
        {
            await HugetlbFree.FreeHugeFolio(cpu, folio);
            return;
        }
        ulong flags = await cpu.Load(folio.Flags, Step.P2);
        if ((flags & PageFlag.ZoneMask) == PageFlag.ZoneDevice)
        {
            await DeviceMemory.FreeFolio(cpu, folio);
            return;
        }
        if ((flags & PageFlag.Lru) != 0) await LruRemove(cpu, folio);
        bool large = (flags & PageFlag.Head) != 0;
        int order = 0;
        if (large)
        {
            order = (int)(await cpu.Load(folio.SecondFlags, Step.P3) & PageFlag.OrderMask);
            await DeferredSplit.Unqueue(cpu, folio, order);
        }
        if (await cpu.Load(folio.Head.MemcgData, Step.P4) != 0) await cpu.Store(folio.Head.MemcgData, 0, Step.P4);
        await BuddyAllocator.FreeFrozen(cpu, folio.Pfn, order);
    }

    /// <summary>folio_add_lru(), without the batch: the flag under the lruvec lock (a shortcut the spec calls safe).</summary>
    public static async Op LruAdd(Cpu cpu, Folio folio)
    {
        await cpu.Lock(cpu.Cells.LruvecLock, Step.LruLock);
        await cpu.Or(folio.Flags, PageFlag.Lru, Step.LruAdd);
        cpu.Tell(MomentKind.LruAdded, folio.Pfn);
        cpu.Ghost.SetLru(cpu, folio.Pfn, true);
        await cpu.Unlock(cpu.Cells.LruvecLock, Step.LruUnlock);
    }

    private static async Op LruRemove(Cpu cpu, Folio folio)
    {
        await cpu.Lock(cpu.Cells.LruvecLock, Step.LruLock);
        await cpu.AndNot(folio.Flags, PageFlag.Lru | PageFlag.Active, Step.LruDel); // __folio_clear_lru_flags()
        cpu.Ghost.SetLru(cpu, folio.Pfn, false);
        await cpu.Unlock(cpu.Cells.LruvecLock, Step.LruUnlock);
    }

    /// <summary>folio_lock(): sleeps until PG_locked is clear.</summary>
    public static AccessThen<Accesses.Lock, LockTaken, Unit> Lock(Cpu cpu, Folio folio, Step step = Step.FolioLock)
    {
        cpu.Lock(folio.Flags, step, PageFlag.Locked);
        return new(cpu, new LockTaken(folio));
    }

    public readonly struct LockTaken(Folio folio) : IThen<Unit>
    {
        public Unit Do(Cpu cpu, ulong result)
        {
            Locked(cpu, folio, true);
            return default;
        }
    }

    public static AccessThen<Accesses.TryLock, LockTried, bool> TryLock(Cpu cpu, Folio folio, Step step = Step.FolioTryLock)
    {
        cpu.TryLock(folio.Flags, step, PageFlag.Locked);
        return new(cpu, new LockTried(folio));
    }

    public readonly struct LockTried(Folio folio) : IThen<bool>
    {
        public bool Do(Cpu cpu, ulong result) => Locked(cpu, folio, result != 0);
    }

    private static bool Locked(Cpu cpu, Folio folio, bool taken)
    {
        cpu.Deref(folio);
        if (taken) cpu.Ghost.Locked(cpu, folio.Pfn);
        return taken;
    }

    public static AccessThen<Accesses.Unlock, LockGiven, Unit> Unlock(Cpu cpu, Folio folio, Step step = Step.FolioUnlock)
    {
        cpu.Tell(MomentKind.FolioUnlocking, folio.Pfn, (ulong)folio.Head.Life);
        cpu.Unlock(folio.Flags, step, PageFlag.Locked);
        return new(cpu, new LockGiven(folio));
    }

    public readonly struct LockGiven(Folio folio) : IThen<Unit>
    {
        public Unit Do(Cpu cpu, ulong result)
        {
            cpu.Deref(folio);
            cpu.Ghost.Unlocked(folio.Pfn);
            return default;
        }
    }
}
