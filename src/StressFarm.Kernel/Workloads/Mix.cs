namespace StressFarm.Kernel.Workloads;

/// <summary>The shape parameters that the entries of a mix draw their arguments from.</summary>
/// <param name="Slots">page table slots in use, from 0</param>
/// <param name="DevicePages">pages of device memory, a power of two</param>
/// <param name="Producers">which driver producers take part, one bit each (<see cref="MixEntries.Producers"/>)</param>
public readonly record struct MixShape(int Mms, int MaxOrder, int Slots, int SystemPages, int DevicePages, int Producers);

/// <summary>One kind of call, drawn with this weight relative to the others of its mix.</summary>
public sealed record MixEntry(int Weight, Func<Shape, MixShape, OpCall> Draw);

/// <summary>A weighted table of calls.</summary>
public sealed class Mix(params MixEntry[] entries)
{
    private readonly int _total = entries.Sum(e => e.Weight);

    /// <summary>A mix for each choice of groups, as a bit each, beside what always takes part.</summary>
    public static Mix[] OfGroups(MixEntry[] always, MixEntry[][] groups) =>
        [.. Enumerable.Range(0, 1 << groups.Length).Select(mask => new Mix([.. always, .. groups.Where((_, i) => (mask & (1 << i)) != 0).SelectMany(g => g)]))];

    /// <summary>Fills the CPUs' programmes with as many calls each.</summary>
    public void Fill(Programme programme, MixShape parameters, int calls)
    {
        for (int cpu = 0; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < calls; i++) programme.Cpu(cpu).Add(Draw(programme.Shape, parameters));
    }

    public OpCall Draw(Shape shape, MixShape parameters)
    {
        int left = shape.Pick(_total);
        int i = 0;
        for (; left >= entries[i].Weight; i++) left -= entries[i].Weight;
        return entries[i].Draw(shape, parameters);
    }
}

/// <summary>
/// The calls that workloads mix, by subject. Handles are shared out: driver memory 0 and 1, slab 2 and 3, plain blocks 4,
/// the huge zero folio 5, pins 6 to 8, device folios 9 and 10.
/// </summary>
public static class MixEntries
{
    private const int SlabHandle = 2, BlockHandle = 4, HugeZeroHandle = 5, PinHandle = 6, DeviceHandle = 9;
    private const int PinHandles = 3, DeviceHandles = 2;

    /// <summary>Handles of driver memory that each CPU has, and that the set-up CPU holds for all.</summary>
    public const int DriverHandles = 2;

    /// <summary>All but the huge zero folio, whose mappings are special: neither references nor rmap.</summary>
    public static IReadOnlyList<DriverProducer> Producers { get; } =
        [DriverProducer.AfPacket, DriverProducer.Sg, DriverProducer.RingBuffer, DriverProducer.IoUring, DriverProducer.Plain];

    public static MixEntry[] Anon { get; } =
    [
        new(3, (s, p) => AnonFault.Call(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots), order: s.Pick(p.MaxOrder + 1), pmd: s.Coin())),
        new(2, (s, p) => ZapSlots.Call(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots), count: 1 + s.Pick(8))),
        new(1, UnmapAll),
        new(1, (s, p) => ForkFrom(s, p, s.Pick(Math.Max(1, p.Mms - 1)))),
    ];

    public static MixEntry[] Driver { get; } =
    [
        new(3, (s, p) => DriverAllocation(s, p, s.Pick(DriverHandles))),
        new(5, (s, p) => DriverMap.Call(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots),
            setup: !s.OneIn(2), handle: s.Pick(DriverHandles), first: FirstPage(s, p), count: 1 + s.Pick(PagesOf(p)))),
        new(3, (s, p) => Release.Call<DriverFree>(handle: s.Pick(DriverHandles))),
        new(2, UnmapAll),
    ];

    public static MixEntry[] Slab { get; } =
    [
        new(3, (s, p) => SlabAllocate.Call(order: s.Pick(p.MaxOrder + 1), handle: SlabHandle + s.Pick(2), large: s.Coin())),
        new(2, (s, p) => SlabTake.Call(handle: SlabHandle + s.Pick(2))),
        new(4, (s, p) => SlabFree.Call(handle: SlabHandle + s.Pick(2), page: s.Pick(1 << p.MaxOrder))),
    ];

    public static MixEntry[] HugeZero { get; } =
    [
        new(1, (s, p) => DriverAllocate.Call(producer: DriverProducer.HugeZero, order: 1 + s.Pick(Math.Max(1, p.MaxOrder)), handle: HugeZeroHandle)),
        new(1, (s, p) => Release.Call<DriverFree>(handle: HugeZeroHandle)),
    ];

    public static MixEntry[] Blocks { get; } =
    [
        new(2, (s, p) => BlockAllocate.Call(order: s.Pick(p.MaxOrder + 1), handle: BlockHandle)),
        new(2, (s, p) => Release.Call<BlockFree>(handle: BlockHandle)),
    ];

    public static MixEntry[] Walks { get; } =
    [
        new(2, (s, p) => Walk<IdleWalk>(s, p)),
        new(3, (s, p) => Walk<CompactionWalk>(s, p)),
        new(1, (s, p) => Walk<SnapshotWalk>(s, p)),
        new(2, (s, p) => Walk<StaleLookups>(s, p)),
        new(2, (s, p) => Walk<OfflineWalk>(s, p)),
    ];

    public static MixEntry[] Gup { get; } =
    [
        new(2, (s, p) => Pages<PinUserPagesFast>(s, p)),
        new(1, (s, p) => Pages<PinUserPages>(s, p)),
        new(1, (s, p) => Pages<GetUserPagesFast>(s, p)),
        new(3, (s, p) => UnpinUserPages.Call(handle: PinHandle + s.Pick(PinHandles), range: s.OneIn(4))),
    ];

    public static MixEntry[] Split { get; } =
    [
        new(1, (s, p) => SlotOperation.Call<SplitHugePage>(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots))),
        new(2, (s, p) => FolioSplitAt.Call(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots), order: s.Pick(Math.Max(1, p.MaxOrder)), around: s.Coin())),
    ];

    public static MixEntry[] Device { get; } =
    [
        new(3, (s, p) => DeviceAlloc.Call(handle: DeviceHandle + s.Pick(DeviceHandles), order: s.Pick(int.Log2(p.DevicePages) + 1), choice: s.Pick(4))),
        new(3, (s, p) => DeviceMap.Call(handle: DeviceHandle + s.Pick(DeviceHandles), slot: s.Pick(p.Slots), pmd: s.Coin(), mm: s.Pick(p.Mms))),
        new(2, (s, p) => Release.Call<DeviceRelease>(handle: DeviceHandle + s.Pick(DeviceHandles))),
        new(2, (s, p) => DeviceFault.Call(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots))),
        new(1, (s, p) => DeviceEvict.Call(page: s.Pick(p.DevicePages), count: 1 + s.Pick(p.DevicePages))),
        new(1, (s, p) => DevicePfnWalk.Call(page: s.Pick(p.DevicePages), count: 1 + s.Pick(4))),
    ];

    /// <summary>An allocation by one of the producers that take part.</summary>
    public static OpCall DriverAllocation(Shape shape, MixShape parameters, int handle)
    {
        int mask = parameters.Producers;
        for (int skip = shape.Pick(int.PopCount(mask)); skip > 0; skip--) mask &= mask - 1;
        DriverProducer producer = Producers[int.TrailingZeroCount(mask)];
        return DriverAllocate.Call(producer: producer, order: shape.Pick(parameters.MaxOrder + 1), handle: handle);
    }

    /// <summary>All of an mm at once, so that the last mapping goes while others still look.</summary>
    private static OpCall UnmapAll(Shape shape, MixShape parameters) =>
        ZapSlots.Call(mm: shape.Pick(parameters.Mms), slot: 0, count: parameters.Slots);

    private static OpCall ForkFrom(Shape shape, MixShape parameters, int parent) =>
        Fork.Call<ForkSlots>(mm: parent, slot: shape.Pick(parameters.Slots), count: 1 + shape.Pick(4), child: parent + 1 + shape.Pick(Math.Max(1, parameters.Mms - 1 - parent)));

    private static OpCall Pages<T>(Shape shape, MixShape parameters) where T : GetPages, new() =>
        GetPages.Call<T>(mm: shape.Pick(parameters.Mms), slot: shape.Pick(parameters.Slots), count: shape.OneIn(2) ? 1 : 1 + shape.Pick(4), handle: PinHandle + shape.Pick(PinHandles));

    /// <summary>Half of the walks begin among the pages that are allocated first.</summary>
    private const int WalkStarts = 16;

    private static OpCall Walk<T>(Shape shape, MixShape parameters) where T : SystemWalk, new() =>
        PfnWalk.Call<T>(pfn: shape.Pick(shape.OneIn(2) ? parameters.SystemPages : WalkStarts), count: 1 + shape.Pick(16));

    /// <summary>Pages of a driver's block that are mapped at once, at most.</summary>
    private static int PagesOf(MixShape parameters) => Math.Min(1 << parameters.MaxOrder, 64);

    /// <summary>The first page to map: often that of the block, else perhaps one tail.</summary>
    private static int FirstPage(Shape shape, MixShape parameters) => shape.OneIn(2) ? 0 : shape.Pick(PagesOf(parameters));
}
