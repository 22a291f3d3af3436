namespace StressFarm.Kernel.Workloads;

/// <summary>What the workloads on system memory have in common: the shape they draw, and filling the CPUs from a mix.</summary>
internal static class SystemShape
{
    /// <summary>Page table slots in use: few, so that CPUs meet.</summary>
    private const int Slots = 16;

    /// <summary>Draws the arena and the parameters of a mix.</summary>
    /// <param name="huge">now and then order 9 and real PMDs, where the machine is large enough; tails beyond the third go in bursts then</param>
    public static MixShape Draw(Programme programme, Geometry geometry, bool huge)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(1, geometry);
        int mms = shape.Draw("mms", 1, Geometry.MaxMms);
        int maxOrder = shape.Draw("max-order", 0, Math.Min(4, geometry.LargestOrder));
        int systemOrder = shape.Draw("system-order", 4, Math.Min(7, geometry.LargestOrder));
        int pmdOrder = shape.DrawMostly("pmd-order", 3, 2, 2, 4);
        if (huge && shape.DrawRealSize(geometry, 9, 256))
        {
            maxOrder = pmdOrder = 9;
            systemOrder = geometry.LargestOrder;
        }
        programme.Arena = new Arena(cpus, systemOrder, -1, pmdOrder);
        return new MixShape(mms, maxOrder, Slots, programme.Arena.SystemPages, 0, 0);
    }

    /// <summary>Draws which driver producers take part.</summary>
    public static MixShape WithProducers(this MixShape parameters, Shape shape) =>
        parameters with { Producers = shape.Draw("producers", 1, (1 << MixEntries.Producers.Count) - 1) };

    /// <summary>Draws device memory.</summary>
    public static MixShape WithDevice(this MixShape parameters, Programme programme, Geometry geometry)
    {
        int order = programme.Shape.Draw("device-order", 2, Math.Min(4, geometry.LargestOrder));
        programme.Arena = programme.Arena with { DeviceOrder = order };
        programme.Setup.Add(DeviceCarve.Call(order: order - 1, count: 1));
        return parameters with { DevicePages = 1 << order };
    }

    /// <summary>Driver memory that the set-up CPU holds and every CPU maps.</summary>
    public static void SetUpDriverMemory(Programme programme, MixShape parameters)
    {
        for (int i = 0; i < MixEntries.DriverHandles; i++)
            programme.Setup.Add(MixEntries.DriverAllocation(programme.Shape, parameters, i));
    }

    /// <summary>Anonymous folios that are there from the start: what walkers find on the LRU.</summary>
    public static void SetUpFolios(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        for (int mm = 0; mm < parameters.Mms; mm++)
            programme.Setup.Add(AnonFault.Call(mm, slot: shape.Pick(parameters.Slots), order: shape.Pick(parameters.MaxOrder + 1), pmd: shape.Coin()));
    }

    /// <summary>Fills the CPUs' programmes.</summary>
    public static void Fill(Programme programme, Mix mix, MixShape parameters) =>
        mix.Fill(programme, parameters, programme.Shape.Draw("ops", 2, 12));

    /// <summary>The opening of those that move and split what a few small page tables map.</summary>
    public static (int Cpus, int PmdOrder, int SystemOrder) DrawTables(Shape shape, Geometry geometry) =>
        (shape.DrawCpus(2, geometry, oftenLow: true), shape.DrawMostly("pmd-order", 2, 4, 2, 3), Math.Min(shape.Draw("system-order", 4, 6), geometry.LargestOrder));

    /// <summary>The opening of those that look folios up while they change: mostly as small as memory gets, so that CPUs meet.</summary>
    public static (int Cpus, int PmdOrder, int SystemOrder) DrawFolios(Shape shape, Geometry geometry) =>
        (shape.DrawCpus(2, geometry, oftenLow: true), shape.DrawMostly("pmd-order", 2, 2, 2, 4), shape.DrawMostly("system-order", 4, 3, 4, Math.Min(6, geometry.LargestOrder)));

    /// <summary>The handle of the set-up CPU's block.</summary>
    public const int BlockHandle = 0;

    /// <summary>A block of driver memory that lives throughout, all of it mapped before the CPUs start.</summary>
    public static void SetUpDriverBlock(Programme programme, DriverProducer producer, int order, int slot)
    {
        programme.Setup.Add(DriverAllocate.Call(handle: BlockHandle, producer: producer, order: order));
        programme.Setup.Add(DriverMap.Call(mm: 0, slot: slot, handle: BlockHandle, count: 1 << order, setup: true));
    }
}
