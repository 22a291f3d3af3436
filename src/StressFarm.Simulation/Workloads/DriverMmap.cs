namespace StressFarm.Simulation;

/// <summary>Driver memory mapped to user space, by all its producers, in one or two mms, beside anonymous folios.</summary>
public sealed class DriverMmap : Workload
{
    private const int Slots = 32;
    /// <summary>Handles of the set-up CPU that every CPU maps.</summary>
    private const int Shared = 2;
    private const int Own = 2;

    /// <summary>All but the huge zero folio, whose mappings are special: neither references nor rmap.</summary>
    private static readonly DriverProducer[] s_producers =
        [DriverProducer.AfPacket, DriverProducer.Sg, DriverProducer.RingBuffer, DriverProducer.IoUring, DriverProducer.Plain];

    public override string Id => "driver-mmap";
    public override string Summary => "compound pages of drivers in user page tables: vm_insert_page(s), ->fault, zap, free";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.Draw("cpus", 1, Math.Min(4, geometry.MaxCpus));
        int mms = shape.Draw("mms", 1, 2);
        int maxOrder = shape.Draw("max-order", 0, Math.Min(4, geometry.LargestOrder));
        int systemOrder = shape.Draw("system-order", Math.Max(4, maxOrder + 1), Math.Max(4, Math.Min(7, geometry.LargestOrder)));
        int pmdOrder = shape.DrawMostly("pmd-order", 3, 2, 2, 4);
        int producers = shape.Draw("producers", 1, (1 << s_producers.Length) - 1);
        int ops = shape.Draw("ops", 2, 8);
        programme.Arena = new Arena(cpus, systemOrder, -1, pmdOrder);
        for (int i = 0; i < Shared; i++) programme.Setup.Add(Allocate(shape, producers, maxOrder, i));
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            List<OpCall> calls = programme.Cpu(cpu);
            for (int i = 0; i < ops; i++) calls.Add(Draw(shape, producers, maxOrder, mms));
        }
    }

    private static OpCall Draw(Shape shape, int producers, int maxOrder, int mms) => shape.Pick(16) switch
    {
        < 3 => Allocate(shape, producers, maxOrder, shape.Pick(Own)),
        < 8 => new(Operation<DriverMap>.Instance, shape.Pick(mms), shape.Pick(Slots),
            shape.OneIn(2) ? shape.Pick(Own) : DriverMap.SetupHandle + shape.Pick(Shared), Range(shape, maxOrder)),
        < 11 => new(Operation<ZapSlots>.Instance, shape.Pick(mms), shape.Pick(Slots), 1 + shape.Pick(8)),
        < 13 => new(Operation<DriverFree>.Instance, shape.Pick(Own)),
        _ => new(Operation<AnonFault>.Instance, shape.Pick(mms), shape.Pick(Slots), shape.Pick(maxOrder + 1), shape.Pick(2)),
    };

    private static OpCall Allocate(Shape shape, int producers, int maxOrder, int handle) =>
        new(Operation<DriverAllocate>.Instance, (int)OneOf(shape, producers), shape.Pick(maxOrder + 1), handle);

    /// <summary>One of the producers in the mask: a bit each.</summary>
    private static DriverProducer OneOf(Shape shape, int mask)
    {
        int skip = shape.Pick(int.PopCount(mask));
        for (; skip > 0; skip--) mask &= mask - 1;
        return s_producers[int.TrailingZeroCount(mask)];
    }

    /// <summary>Pages to map * 256 + the first of them: often all of a small block, or one tail.</summary>
    private static int Range(Shape shape, int maxOrder)
    {
        int pages = 1 << maxOrder;
        int first = shape.OneIn(2) ? 0 : shape.Pick(pages);
        return (1 + shape.Pick(pages)) * 256 + first;
    }
}
