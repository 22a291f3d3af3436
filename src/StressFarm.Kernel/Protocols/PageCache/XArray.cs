namespace StressFarm.Kernel.Protocols;

/// <summary>
/// <c>lib/xarray.c</c> as far as a page cache sees it: one node of <see cref="PageCache.Slots"/> slots with multi-index entries.
/// A slot holds a folio's struct page, a value (bit 0), a sibling (bits 1..0 = 2), which names the entry's first slot, or nothing.
/// Writers hold xa_lock; readers hold nothing.
/// </summary>
public static class XArray
{
    public static ulong Sibling(int first) => ((ulong)first << 2) | 2;
    public static ulong Value(int value) => ((ulong)value << 1) | 1;
    public static bool IsSibling(ulong entry) => (entry & 3) == 2;
    public static bool IsValue(ulong entry) => (entry & 1) != 0;
    public static int ValueOf(ulong entry) => (int)(entry >> 1);

    /// <summary>xas_load() and xas_reload(): a sibling is one read more.</summary>
    public static async Op<ulong> Load(Cpu cpu, int mapping, int index, Step step)
    {
        ulong entry = await cpu.Load(cpu.Cells.XaSlot(mapping, index), step);
        if (!IsSibling(entry)) return entry;
        return await cpu.Load(cpu.Cells.XaSlot(mapping, (int)(entry >> 2)), step);
    }

    /// <summary>xas_store() of 2^order slots: the first one, then its siblings; of nothing, nothing everywhere.</summary>
    public static async Op Store(Cpu cpu, int mapping, int index, int order, ulong entry, Step step)
    {
        for (int i = 0; i < 1 << order; i++)
        {
            await cpu.Store(cpu.Cells.XaSlot(mapping, index + i), i == 0 || entry == 0 ? entry : Sibling(index), step);
            Stored(cpu, mapping, index + i);
        }
    }

    /// <summary>__xa_store() at the first slot of an entry that is there: its siblings follow by themselves.</summary>
    public static async Op Replace(Cpu cpu, int mapping, int index, ulong entry, Step step)
    {
        await cpu.Store(cpu.Cells.XaSlot(mapping, index), entry, step);
        Stored(cpu, mapping, index);
    }

    /// <summary><c>xas_split</c>, <c>xas_try_split</c>: entries of the new order, from the last to the first, all leading to <paramref name="folio"/>.</summary>
    public static async Op Split(Cpu cpu, int mapping, int index, int order, int newOrder, int folio)
    {
        ulong entry = cpu.Memory.AddressOf(new Page(folio));
        for (int first = index + (1 << order) - (1 << newOrder); first >= index; first -= 1 << newOrder)
        {
            await Replace(cpu, mapping, first, entry, Step.XasSplit);
            for (int i = first + (1 << newOrder) - 1; i > first; i--)
            {
                await cpu.Store(cpu.Cells.XaSlot(mapping, i), Sibling(first), Step.XasSplit);
                Stored(cpu, mapping, i);
            }
        }
    }

    /// <summary>The slots of a value's entry from <paramref name="index"/> on become empty; those before it stay one value.</summary>
    public static async Op DropFrom(Cpu cpu, int mapping, int index, Step step)
    {
        ulong slot = await cpu.Load(cpu.Cells.XaSlot(mapping, index), step);
        ulong sibling = IsSibling(slot) ? slot : Sibling(index);
        await Replace(cpu, mapping, index, 0, step);
        for (int i = index + 1; i < PageCache.Slots && await cpu.Load(cpu.Cells.XaSlot(mapping, i), step) == sibling; i++)
            await Replace(cpu, mapping, i, 0, step);
    }

    /// <summary>What a lookup of this index finds now, without a step: for invariants.</summary>
    public static ulong Peek(KernelMachine machine, int mapping, int index)
    {
        ulong entry = machine.Memory[machine.Cells.XaSlot(mapping, index)];
        return IsSibling(entry) ? machine.Memory[machine.Cells.XaSlot(mapping, (int)(entry >> 2))] : entry;
    }

    private static void Stored(Cpu cpu, int mapping, int index) =>
        cpu.TellOfNone(MomentKind.CacheSlotStored, -1, (ulong)mapping, (ulong)index);
}
