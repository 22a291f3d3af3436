namespace StressFarm.Simulation;

/// <summary>Pins and references of user pages, anonymous and a driver's, against zaps, faults and splits.</summary>
public sealed class GupPin : Workload
{
    /// <summary>Driver memory is mapped above the anonymous slots.</summary>
    private const int DriverSlot = 48;

    public override string Id => "gup-pin";
    public override string Summary => "GUP, fast and slow, on anonymous and driver pages that are unmapped, freed and split meanwhile";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.Draw("cpus", 2, Math.Min(4, geometry.MaxCpus));
        int pmdOrder = shape.Draw("pmd-order", 2, 4);
        int systemOrder = shape.Draw("system-order", 4, Math.Min(6, geometry.LargestOrder));
        int slots = 1 << shape.Draw("slots-order", 2, 4);
        int zaps = shape.Draw("zaps", 1, 5), splits = shape.Draw("splits", 0, 2);
        int driver = shape.Draw("driver", 0, 3);
        bool opaque = shape.DrawMostly("opaque", 0, 6, 1, 1) == 1;
        int ops = shape.Draw("ops", 3, 8);
        programme.Arena = new Arena(cpus, systemOrder, -1, pmdOrder);
        if (opaque)
        {
            ComposeOverflow(programme, shape, cpus);
            return;
        }
        programme.Setup.Add(GupMix.Fault(shape, slots, pmdOrder));
        if (shape.OneIn(2)) programme.Setup.Add(GupMix.Fault(shape, slots, pmdOrder));
        int shared = ComposeDriver(programme, shape, driver);
        var mix = new GupMix(Faults: 3, zaps, Gups: 5, splits, slots, pmdOrder);
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++)
                programme.Cpu(cpu).Add(shape.Pick(8) < shared ? Driver(shape) : mix.Draw(shape));
    }

    /// <summary>Every CPU pins one page again and again that has almost all the references it can count.</summary>
    private static void ComposeOverflow(Programme programme, Shape shape, int cpus)
    {
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, 0));
        programme.Setup.Add(new(Operation<HoldOpaqueReferences>.Instance, 0, 0, 0));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < 3; i++)
            {
                Operation pin = shape.OneIn(2) ? Operation<PinUserPagesFast>.Instance : Operation<PinUserPages>.Instance;
                programme.Cpu(cpu).Add(new(pin, 0, 0, 1, i + 16 * (12 + shape.Pick(20))));
            }
    }

    /// <summary>A block of driver memory, mapped before the CPUs start; the weight of driver operations.</summary>
    private static int ComposeDriver(Programme programme, Shape shape, int weight)
    {
        int order = 1 + shape.Pick(3), producer = shape.Pick(4);
        if (weight == 0) return 0;
        programme.Setup.Add(new(Operation<DriverAllocate>.Instance, producer, order, 0));
        programme.Setup.Add(new(Operation<DriverMap>.Instance, 0, DriverSlot, DriverMap.SetupHandle, (1 << order) * 256));
        return weight;
    }

    private static OpCall Driver(Shape shape)
    {
        int slot = DriverSlot + shape.Pick(4), handle = shape.Pick(4);
        return shape.Pick(8) switch
        {
            0 => new(Operation<DriverMap>.Instance, 0, DriverSlot + shape.Pick(4), shape.OneIn(2) ? 8 : DriverMap.SetupHandle, 4 * 256),
            1 => new(Operation<DriverAllocate>.Instance, shape.Pick(4), 1 + shape.Pick(2), 8),
            2 => new(Operation<DriverFree>.Instance, 8),
            3 => new(Operation<ZapSlots>.Instance, 0, slot, 1 + shape.Pick(4)),
            4 => new(Operation<GetUserPagesFast>.Instance, 0, slot, 1, handle),
            5 => new(Operation<PinUserPages>.Instance, 0, slot, 1 + shape.Pick(2), handle),
            6 => new(Operation<PinUserPagesFast>.Instance, 0, slot, 1 + shape.Pick(2), handle),
            _ => new(Operation<UnpinUserPages>.Instance, handle, shape.Pick(2)),
        };
    }
}
