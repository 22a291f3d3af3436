namespace StressFarm.Kernel.Protocols;

/// <summary>
/// The driver's own allocator, V1..V3 under its own lock (spec 1.10, 3.5): two LIFO lists as nouveau and test_hmm have them,
/// or a buddy allocator as drm_pagemap and xe use it.
/// </summary>
public static class DeviceAllocation
{
    /// <summary>
    /// Gives out a block: pages leave DEVFREE here. Under LIFO any order above 0 means a large folio, whole and of the one
    /// order there is.
    /// </summary>
    /// <param name="choice">BUDDY: which of several fitting ranges; 0 is the lowest</param>
    public static async Op<DeviceBlock> Pop(Cpu cpu, int order, int choice)
    {
        bool lifo = cpu.Policy.Allocator == Allocator.Lifo;
        if (lifo && order > 0) order = cpu.Machine.Driver.LargeOrder;
        await cpu.Lock(cpu.Cells.DriverLock, Step.V1);
        int pfn = -1;
        if (cpu.Machine.Driver.Closed) await cpu.Burst(cpu.Cells.DriverBuddy, Step.V2);
        else if (lifo)
        {
            pfn = await PopList(cpu, order);
        }
        else
        {
            await cpu.Burst(cpu.Cells.DriverBuddy, Step.V2);
            pfn = cpu.Machine.Driver.Take(order, choice);
            if (pfn >= 0) cpu.Ghost.Transfer(cpu, pfn, order, Owner.DevFree, Owner.DevIsolated);
        }
        if (pfn >= 0) cpu.Machine.Driver.Outstanding += 1 << order;
        await cpu.Unlock(cpu.Cells.DriverLock, Step.V3);
        return pfn < 0 ? DeviceBlock.None : new DeviceBlock(pfn, order);
    }

    /// <summary>Takes a block back: its pages are DEVFREE from here, and another CPU may get them at once.</summary>
    public static async Op Push(Cpu cpu, int pfn, int order)
    {
        await cpu.Lock(cpu.Cells.DriverLock, Step.V1);
        if (cpu.Policy.Allocator == Allocator.Lifo)
        {
            // The lists know two sizes: what a split left of another size comes back as single pages.
            bool known = order == 0 || order == cpu.Machine.Driver.LargeOrder;
            if (known) await PushList(cpu, pfn, order);
            else
                for (int i = 0; i < 1 << order; i++) await PushList(cpu, pfn + i, 0);
        }
        else
        {
            await cpu.Burst(cpu.Cells.DriverBuddy, Step.V2);
            cpu.Machine.Driver.Give(pfn, order);
            Freed(cpu, pfn, order);
        }
        cpu.Machine.Driver.Outstanding -= 1 << order;
        await cpu.Unlock(cpu.Cells.DriverLock, Step.V3);
    }

    /// <summary>
    /// The driver's start-up under LIFO: the first <paramref name="large"/> blocks of an order are large folios, the rest
    /// single pages. One step: nothing else runs yet. BUDDY needs none. A driver that has large folios already goes on with
    /// its lists as they are; one that has none left starts anew, its memory being all free.
    /// </summary>
    public static async Op Carve(Cpu cpu, int largeOrder, int large)
    {
        await cpu.Burst(cpu.Cells.DriverHeads, Step.V2);
        cpu.Machine.Driver.Carved = true;
        if (cpu.Policy.Allocator == Allocator.Lifo && cpu.Peek(Head(cpu, 1)) != 0) return;
        cpu.Machine.Driver.LargeOrder = largeOrder;
        if (cpu.Policy.Allocator != Allocator.Lifo) return;
        int first = cpu.Machine.Geometry.DeviceBase, end = first + cpu.Machine.Arena.DevicePages;
        int singles = first + Math.Min(large << largeOrder, cpu.Machine.Arena.DevicePages >> largeOrder << largeOrder);
        if (largeOrder == 0) singles = first;
        PokeList(cpu, first, singles, 1 << largeOrder, Head(cpu, 1));
        PokeList(cpu, singles, end, 1, Head(cpu, 0));
    }

    private static void PokeList(Cpu cpu, int first, int end, int size, Word head)
    {
        ulong next = 0;
        for (int pfn = end - size; pfn >= first; pfn -= size)
        {
            cpu.Poke(new Page(pfn).ZoneDeviceData, next);
            next = cpu.Memory.AddressOf(new Page(pfn));
        }
        cpu.Poke(head, next);
    }

    private static Word Head(Cpu cpu, int order) => new(cpu.Cells.DriverHeads.Index + (order > 0 ? 1 : 0));

    private static async Op<int> PopList(Cpu cpu, int order)
    {
        Word head = Head(cpu, order);
        int pfn = cpu.Memory.PfnAt(await cpu.Load(head, Step.V2));
        if (pfn < 0) return -1;
        ulong next = await cpu.Load(new Page(pfn).ZoneDeviceData, Step.V2);
        await cpu.Store(head, next, Step.V2);
        cpu.Ghost.Transfer(cpu, pfn, order, Owner.DevFree, Owner.DevIsolated);
        return pfn;
    }

    private static async Op PushList(Cpu cpu, int pfn, int order)
    {
        Word head = Head(cpu, order);
        ulong next = await cpu.Load(head, Step.V2);
        await cpu.Store(new Page(pfn).ZoneDeviceData, next, Step.V2);
        await cpu.Store(head, cpu.Memory.AddressOf(new Page(pfn)), Step.V2);
        Freed(cpu, pfn, order);
    }

    private static void Freed(Cpu cpu, int pfn, int order)
    {
        cpu.Ghost.EndFree(cpu, pfn, order, Owner.DevIsolated);
        cpu.Ghost.Transfer(cpu, pfn, order, Owner.DevIsolated, Owner.DevFree);
        cpu.TellOfNone(MomentKind.DeviceFreed, pfn, (ulong)order);
    }
}
