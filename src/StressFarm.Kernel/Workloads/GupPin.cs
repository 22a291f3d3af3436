namespace StressFarm.Kernel.Workloads;

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
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        int pmdOrder = shape.DrawMostly("pmd-order", 2, 2, 2, 4);
        int systemOrder = shape.DrawMostly("system-order", 4, 3, 4, Math.Min(6, geometry.LargestOrder));
        int mms = shape.DrawMostly("mms", 1, 3, 1, 2);
        int slots = 1 << shape.DrawMostly("slots-order", 1, 2, 0, 4);
        int order = shape.DrawMostly("fault-order", 0, 2, 0, pmdOrder);
        int zaps = shape.Draw("zaps", 2, 6), splits = shape.Draw("splits", 0, 2);
        int driver = shape.DrawMostly("driver", 0, 3, 0, 3);
        bool opaque = shape.DrawMostly("opaque", 0, 6, 0, 1) == 1;
        int ops = shape.Draw("ops", 2, 5);
        programme.Arena = new Arena(cpus, systemOrder, -1, pmdOrder);
        if (shape.Draw("duel", 0, 1) == 1)
        {
            programme.Arena = new Arena(2, systemOrder, -1, pmdOrder);
            ComposeDuel(programme, shape);
            return;
        }
        if (opaque)
        {
            ComposeOverflow(programme, shape, cpus);
            return;
        }
        var mix = new GupMix(mms, slots, order, Faults: 4, zaps, Gups: 4, order > 1 ? splits : 0);
        programme.Setup.Add(mix.Fault(shape, 0));
        if (shape.OneIn(2)) programme.Setup.Add(mix.Fault(shape, 0));
        int shared = ComposeDriver(programme, shape, driver);
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            for (int i = 0; i < ops; i++)
            {
                if (shape.Pick(8) < shared) programme.Cpu(cpu).Add(Driver(shape));
                else mix.AddTo(programme.Cpu(cpu), shape);
            }
        }
    }

    /// <summary>The smallest meeting: one CPU looks a page up, the other unmaps and frees it and has it again as something else.</summary>
    private static void ComposeDuel(Programme programme, Shape shape)
    {
        int order = shape.OneIn(2) ? 0 : 2, pages = 1 << order;
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, order, 0));
        for (int i = 0; i < 2; i++)
        {
            Operation get = shape.OneIn(2) ? Operation<PinUserPagesFast>.Instance : Operation<GetUserPagesFast>.Instance;
            programme.Cpu(0).Add(new(get, 0, shape.Pick(pages), 1, i));
            programme.Cpu(0).Add(new(Operation<UnpinUserPages>.Instance, i, shape.Pick(2)));
        }
        programme.Cpu(1).Add(new(Operation<ZapSlots>.Instance, 0, 0, pages));
        if (order == 0 || shape.OneIn(2)) programme.Cpu(1).Add(new(Operation<AnonFault>.Instance, 0, shape.Pick(2) * 4, order, 0));
        else programme.Cpu(1).Add(new(Operation<DriverAllocate>.Instance, shape.Pick(3), order, 8));
    }

    /// <summary>Every CPU pins one page again and again that has almost all the references it can count.</summary>
    private static void ComposeOverflow(Programme programme, Shape shape, int cpus)
    {
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, 0));
        programme.Setup.Add(new(Operation<HoldOpaqueReferences>.Instance, 0, 0, 0));
        int rounds = 80 / (3 * cpus); // 64 pins overflow it
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < 3; i++)
            {
                Operation pin = shape.OneIn(2) ? Operation<PinUserPagesFast>.Instance : Operation<PinUserPages>.Instance;
                programme.Cpu(cpu).Add(new(pin, 0, 0, 1, i + 16 * rounds));
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
