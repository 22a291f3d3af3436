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
        new(3, (s, p) => new(Operation<AnonFault>.Instance, s.Pick(p.Mms), s.Pick(p.Slots), s.Pick(p.MaxOrder + 1), s.Pick(2))),
        new(2, (s, p) => new(Operation<ZapSlots>.Instance, s.Pick(p.Mms), s.Pick(p.Slots), 1 + s.Pick(8))),
        new(1, UnmapAll),
        new(1, (s, p) => Fork(s, p, s.Pick(Math.Max(1, p.Mms - 1)))),
    ];

    public static MixEntry[] Driver { get; } =
    [
        new(3, (s, p) => DriverAllocation(s, p, s.Pick(DriverHandles))),
        new(5, (s, p) => new(Operation<DriverMap>.Instance, s.Pick(p.Mms), s.Pick(p.Slots),
            s.OneIn(2) ? s.Pick(DriverHandles) : DriverMap.SetupHandle + s.Pick(DriverHandles), PageRange(s, p.MaxOrder))),
        new(3, (s, p) => new(Operation<DriverFree>.Instance, s.Pick(DriverHandles))),
        new(2, UnmapAll),
    ];

    public static MixEntry[] Slab { get; } =
    [
        new(3, (s, p) => new(Operation<SlabAllocate>.Instance, s.Pick(p.MaxOrder + 1), SlabHandle + s.Pick(2), s.Pick(2))),
        new(2, (s, p) => new(Operation<SlabTake>.Instance, SlabHandle + s.Pick(2))),
        new(4, (s, p) => new(Operation<SlabFree>.Instance, SlabHandle + s.Pick(2), s.Pick(1 << p.MaxOrder))),
    ];

    public static MixEntry[] HugeZero { get; } =
    [
        new(1, (s, p) => new(Operation<DriverAllocate>.Instance, (int)DriverProducer.HugeZero, 1 + s.Pick(Math.Max(1, p.MaxOrder)), HugeZeroHandle)),
        new(1, (s, p) => new(Operation<DriverFree>.Instance, HugeZeroHandle)),
    ];

    public static MixEntry[] Blocks { get; } =
    [
        new(2, (s, p) => new(Operation<BlockAllocate>.Instance, s.Pick(p.MaxOrder + 1), BlockHandle)),
        new(2, (s, p) => new(Operation<BlockFree>.Instance, BlockHandle)),
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
        new(3, (s, p) => new(Operation<UnpinUserPages>.Instance, PinHandle + s.Pick(PinHandles), s.OneIn(4) ? 1 : 0)),
    ];

    public static MixEntry[] Split { get; } =
    [
        new(1, (s, p) => new(Operation<SplitHugePage>.Instance, s.Pick(p.Mms), s.Pick(p.Slots))),
        new(2, (s, p) => new(Operation<FolioSplitAt>.Instance, s.Pick(p.Mms), s.Pick(p.Slots), s.Pick(Math.Max(1, p.MaxOrder)), s.Pick(2))),
    ];

    public static MixEntry[] Device { get; } =
    [
        new(3, (s, p) => new(Operation<DeviceAlloc>.Instance, DeviceHandle + s.Pick(DeviceHandles), s.Pick(int.Log2(p.DevicePages) + 1), s.Pick(4))),
        new(3, (s, p) => new(Operation<DeviceMap>.Instance, DeviceHandle + s.Pick(DeviceHandles), s.Pick(p.Slots), s.Pick(2), s.Pick(p.Mms))),
        new(2, (s, p) => new(Operation<DeviceRelease>.Instance, DeviceHandle + s.Pick(DeviceHandles))),
        new(2, (s, p) => new(Operation<DeviceFault>.Instance, s.Pick(p.Mms), s.Pick(p.Slots))),
        new(1, (s, p) => new(Operation<DeviceEvict>.Instance, s.Pick(p.DevicePages), 1 + s.Pick(p.DevicePages))),
        new(1, (s, p) => new(Operation<DevicePfnWalk>.Instance, s.Pick(p.DevicePages), 1 + s.Pick(4))),
    ];

    /// <summary>An allocation by one of the producers that take part.</summary>
    public static OpCall DriverAllocation(Shape shape, MixShape parameters, int handle)
    {
        int mask = parameters.Producers;
        for (int skip = shape.Pick(int.PopCount(mask)); skip > 0; skip--) mask &= mask - 1;
        DriverProducer producer = Producers[int.TrailingZeroCount(mask)];
        return new(Operation<DriverAllocate>.Instance, (int)producer, shape.Pick(parameters.MaxOrder + 1), handle);
    }

    /// <summary>All of an mm at once, so that the last mapping goes while others still look.</summary>
    private static OpCall UnmapAll(Shape shape, MixShape parameters) =>
        new(Operation<ZapSlots>.Instance, shape.Pick(parameters.Mms), 0, parameters.Slots);

    private static OpCall Fork(Shape shape, MixShape parameters, int parent) =>
        new(Operation<ForkSlots>.Instance, parent, shape.Pick(parameters.Slots), 1 + shape.Pick(4), parent + 1 + shape.Pick(Math.Max(1, parameters.Mms - 1 - parent)));

    private static OpCall Pages<T>(Shape shape, MixShape parameters) where T : Operation, new() =>
        new(Operation<T>.Instance, shape.Pick(parameters.Mms), shape.Pick(parameters.Slots), shape.OneIn(2) ? 1 : 1 + shape.Pick(4), PinHandle + shape.Pick(PinHandles));

    /// <summary>Half of the walks begin among the pages that are allocated first.</summary>
    private const int WalkStarts = 16;

    private static OpCall Walk<T>(Shape shape, MixShape parameters) where T : Operation, new() =>
        new(Operation<T>.Instance, shape.Pick(shape.OneIn(2) ? parameters.SystemPages : WalkStarts), 1 + shape.Pick(16));

    /// <summary>Pages to map * 256 + the first of them: often all of a small block, or one tail.</summary>
    private static int PageRange(Shape shape, int maxOrder)
    {
        int pages = Math.Min(1 << maxOrder, 64);
        int first = shape.OneIn(2) ? 0 : shape.Pick(pages);
        return (1 + shape.Pick(pages)) * 256 + first;
    }
}
