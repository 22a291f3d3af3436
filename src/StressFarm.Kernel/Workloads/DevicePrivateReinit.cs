namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Device-private memory that is freed and carved again in other sizes: alloc, map, fault, evict, free, and drivers' walks over
/// the same few pages. A quarter of the schedules run W-E (spec 4.2), an eighth the re-carving that Z41 is about, an eighth evictions of short
/// ranges; the rest is drawn freely.
/// </summary>
public sealed class DevicePrivateReinit : Workload
{
    private const int Slots = 3;
    private const int PageTableSlots = 8;

    public override string Id => "device-private-reinit";
    public override string Summary => "device-private folios freed and carved again at other orders, with faults, eviction and drivers' pfn walks";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(1, geometry);
        int pmdOrder = shape.Draw("pmd-order", 2, 3);
        int deviceOrder = Math.Min(shape.Draw("device-order", 2, 5), geometry.LargestOrder);
        int systemOrder = Math.Min(shape.Draw("system-order", 3, 6), geometry.LargestOrder);
        int ops = shape.Draw("ops", 2, 8);
        int pattern = shape.Draw("pattern", 0, 7);
        int disabled = shape.Draw("disabled", 0, (1 << Kinds) - 1) & shape.Draw("disabled-too", 0, (1 << Kinds) - 1);
        if (geometry.LargestOrder >= 9 && shape.DrawMostly("order-9", 0, 512, 0, 1) == 1)
        {
            pmdOrder = deviceOrder = 9;
            systemOrder = geometry.LargestOrder;
        }
        programme.Arena = new Arena(cpus, systemOrder, deviceOrder, pmdOrder);
        int largeOrder = Math.Min(1 + shape.Pick(pmdOrder), deviceOrder);
        programme.Setup.Add(new(Operation<DeviceCarve>.Instance, largeOrder, shape.Pick((1 << (deviceOrder - largeOrder)) + 1)));
        switch (pattern)
        {
            case 0 or 1:
                ComposeHalves(programme, cpus, deviceOrder, pmdOrder);
                break;
            case 2:
                ComposeRecarving(programme, 0, deviceOrder, pmdOrder);
                for (int cpu = 1; cpu < cpus; cpu++) ComposeSwarm(programme, cpu, ops, deviceOrder, pmdOrder, disabled);
                break;
            case 3:
                ComposeShortEvictions(programme, cpus, deviceOrder, pmdOrder);
                break;
            default:
                for (int cpu = 0; cpu < cpus; cpu++) ComposeSwarm(programme, cpu, ops, deviceOrder, pmdOrder, disabled);
                break;
        }
    }

    /// <summary>W-E: one folio of all pages lived and was freed; now its halves are handed out, and somebody looks.</summary>
    private static void ComposeHalves(Programme programme, int cpus, int order, int pmdOrder)
    {
        Shape shape = programme.Shape;
        int pages = 1 << order;
        ComposeLife(programme.Setup, order, pmdOrder);
        for (int half = 0; half < 2; half++)
        {
            // Half the time the second half is taken alone: what is left of the old head is then at page 0.
            List<OpCall> list = programme.Cpu(Math.Min(half, cpus - 1));
            list.Add(new(Operation<DeviceAlloc>.Instance, half, order - 1, shape.OneIn(2) ? half : 1));
            if (shape.OneIn(2)) list.Add(new(Operation<DeviceMap>.Instance, half, shape.Pick(PageTableSlots), shape.Pick(2)));
            else if (shape.OneIn(2)) list.Add(new(Operation<DeviceRelease>.Instance, half));
            if (shape.OneIn(3)) list.Add(new(Operation<DeviceAlloc>.Instance, 2, shape.Pick(order), shape.Pick(4)));
        }
        for (int cpu = Math.Min(2, cpus - 1); cpu < cpus; cpu++)
        {
            List<OpCall> list = programme.Cpu(cpu);
            if (shape.OneIn(2)) list.Add(new(Operation<DeviceEvict>.Instance, 0, pages));
            else list.Add(new(Operation<DevicePfnWalk>.Instance, shape.Pick(pages), 1 + shape.Pick(4)));
        }
    }

    /// <summary>A large folio lives and is freed; single pages are then carved from its place and held locked (Z41).</summary>
    private static void ComposeRecarving(Programme programme, int cpu, int deviceOrder, int pmdOrder)
    {
        Shape shape = programme.Shape;
        List<OpCall> list = programme.Cpu(cpu);
        ComposeLife(list, 1 + shape.Pick(deviceOrder), pmdOrder);
        list.Add(new(Operation<DeviceAlloc>.Instance, 1, 0, shape.Pick(2)));
        if (shape.OneIn(2)) list.Add(new(Operation<DeviceAlloc>.Instance, 2, 0));
        for (int slot = 1; slot < Slots; slot++)
        {
            if (shape.OneIn(2)) list.Add(new(Operation<DeviceMap>.Instance, slot, shape.Pick(PageTableSlots)));
            else list.Add(new(Operation<DeviceRelease>.Instance, slot));
        }
        list.Add(new(Operation<DeviceAlloc>.Instance, 0, shape.Pick(deviceOrder + 1), shape.Pick(2)));
    }

    /// <summary>Single pages carved from a freed large folio while others evict ranges that end inside it (C1, C2).</summary>
    private static void ComposeShortEvictions(Programme programme, int cpus, int deviceOrder, int pmdOrder)
    {
        Shape shape = programme.Shape;
        int pages = 1 << deviceOrder;
        ComposeLife(programme.Setup, deviceOrder - shape.Pick(2), pmdOrder);
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            List<OpCall> list = programme.Cpu(cpu);
            for (int i = 0; i < 3; i++)
            {
                if (cpu % 2 == 1)
                {
                    list.Add(new(Operation<DeviceEvict>.Instance, shape.Pick(pages), 1 + shape.Pick(3)));
                    continue;
                }
                list.Add(new(Operation<DeviceAlloc>.Instance, i, shape.Pick(2), shape.Pick(pages)));
                list.Add(new(Operation<DeviceMap>.Instance, i, shape.Pick(PageTableSlots)));
            }
        }
    }

    /// <summary>The life of a folio at the lowest place: alloc, map, unmap; or alloc and free where it is too large to map.</summary>
    private static void ComposeLife(List<OpCall> list, int order, int pmdOrder)
    {
        list.Add(new(Operation<DeviceAlloc>.Instance, 0, order));
        if (order <= pmdOrder)
        {
            list.Add(new(Operation<DeviceMap>.Instance, 0, 0, 1));
            list.Add(new(Operation<ZapSlots>.Instance, 0, 0, order == pmdOrder ? 1 : 1 << order));
        }
        list.Add(new(Operation<DeviceRelease>.Instance, 0));
    }

    private const int Kinds = 7;

    private static void ComposeSwarm(Programme programme, int cpu, int ops, int deviceOrder, int pmdOrder, int disabled)
    {
        Shape shape = programme.Shape;
        List<OpCall> list = programme.Cpu(cpu);
        int pages = 1 << deviceOrder;
        for (int i = 0; i < ops; i++)
        {
            int kind = shape.Pick(Kinds + 2), slot = shape.Pick(Slots);
            int first = shape.Pick(pages), count = 1 + shape.Pick(Math.Min(pages, 8));
            int order = shape.Pick(Math.Min(deviceOrder, pmdOrder + 1) + 1), choice = shape.Pick(4);
            int at = shape.Pick(PageTableSlots), mm = shape.OneIn(4) ? 1 : 0, pmd = shape.Pick(2); // or small destinations
            if (kind < Kinds && (disabled >> kind & 1) != 0) kind = Kinds;
            switch (kind)
            {
                case 0:
                    list.Add(new(Operation<DeviceFault>.Instance, mm, at, pmd));
                    break;
                case 1:
                    bool all = shape.OneIn(2);
                    list.Add(new(Operation<DeviceEvict>.Instance, all ? 0 : first, all ? pages : count, pmd));
                    break;
                case 2:
                    list.Add(new(Operation<DevicePfnWalk>.Instance, first, count, shape.OneIn(3) ? slot + 1 : 0));
                    break;
                case 3:
                    list.Add(new(Operation<ZapSlots>.Instance, mm, at, count));
                    break;
                case 4:
                    list.Add(new(Operation<AnonFault>.Instance, mm, at, Math.Min(order, pmdOrder), pmd));
                    break;
                case 5:
                    list.Add(new(Operation<DeviceRelease>.Instance, slot));
                    break;
                case 6:
                    list.Add(new(Operation<DeviceAlloc>.Instance, slot, order, choice));
                    break;
                default:
                    list.Add(new(Operation<DeviceAlloc>.Instance, slot, order, choice));
                    list.Add(new(Operation<DeviceMap>.Instance, slot, at, pmd, mm));
                    break;
            }
        }
    }
}
