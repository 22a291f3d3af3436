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
        int disabled = shape.DrawDisabled(Kinds);
        if (shape.DrawRealSize(geometry, 9, 512))
        {
            pmdOrder = deviceOrder = 9;
            systemOrder = geometry.LargestOrder;
        }
        programme.Arena = new Arena(cpus, systemOrder, deviceOrder, pmdOrder);
        int largeOrder = Math.Min(1 + shape.Pick(pmdOrder), deviceOrder);
        programme.Setup.Add(DeviceCarve.Call(order: largeOrder, count: shape.Pick((1 << (deviceOrder - largeOrder)) + 1)));
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
            list.Add(DeviceAlloc.Call(handle: half, order: order - 1, choice: shape.OneIn(2) ? half : 1));
            if (shape.OneIn(2)) list.Add(DeviceMap.Call(handle: half, mm: 0, slot: shape.Pick(PageTableSlots), pmd: shape.Coin()));
            else if (shape.OneIn(2)) list.Add(Release.Call<DeviceRelease>(handle: half));
            if (shape.OneIn(3)) list.Add(DeviceAlloc.Call(handle: 2, order: shape.Pick(order), choice: shape.Pick(4)));
        }
        for (int cpu = Math.Min(2, cpus - 1); cpu < cpus; cpu++)
        {
            List<OpCall> list = programme.Cpu(cpu);
            if (shape.OneIn(2)) list.Add(DeviceEvict.Call(page: 0, count: pages));
            else list.Add(DevicePfnWalk.Call(page: shape.Pick(pages), count: 1 + shape.Pick(4)));
        }
    }

    /// <summary>A large folio lives and is freed; single pages are then carved from its place and held locked (Z41).</summary>
    private static void ComposeRecarving(Programme programme, int cpu, int deviceOrder, int pmdOrder)
    {
        Shape shape = programme.Shape;
        List<OpCall> list = programme.Cpu(cpu);
        ComposeLife(list, 1 + shape.Pick(deviceOrder), pmdOrder);
        list.Add(DeviceAlloc.Call(handle: 1, order: 0, choice: shape.Pick(2)));
        if (shape.OneIn(2)) list.Add(DeviceAlloc.Call(handle: 2, order: 0));
        for (int slot = 1; slot < Slots; slot++)
        {
            if (shape.OneIn(2)) list.Add(DeviceMap.Call(handle: slot, mm: 0, slot: shape.Pick(PageTableSlots)));
            else list.Add(Release.Call<DeviceRelease>(handle: slot));
        }
        list.Add(DeviceAlloc.Call(handle: 0, order: shape.Pick(deviceOrder + 1), choice: shape.Pick(2)));
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
                    list.Add(DeviceEvict.Call(page: shape.Pick(pages), count: 1 + shape.Pick(3)));
                    continue;
                }
                list.Add(DeviceAlloc.Call(handle: i, order: shape.Pick(2), choice: shape.Pick(pages)));
                list.Add(DeviceMap.Call(handle: i, mm: 0, slot: shape.Pick(PageTableSlots)));
            }
        }
    }

    /// <summary>The life of a folio at the lowest place: alloc, map, unmap; or alloc and free where it is too large to map.</summary>
    private static void ComposeLife(List<OpCall> list, int order, int pmdOrder)
    {
        list.Add(DeviceAlloc.Call(handle: 0, order: order));
        if (order <= pmdOrder)
        {
            list.Add(DeviceMap.Call(handle: 0, mm: 0, slot: 0, pmd: true));
            list.Add(ZapSlots.Call(mm: 0, slot: 0, count: order == pmdOrder ? 1 : 1 << order));
        }
        list.Add(Release.Call<DeviceRelease>(handle: 0));
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
            int at = shape.Pick(PageTableSlots), mm = shape.OneIn(4) ? 1 : 0;
            bool pmd = shape.Coin(); // or small destinations
            if (kind < Kinds && (disabled >> kind & 1) != 0) kind = Kinds;
            switch (kind)
            {
                case 0:
                    list.Add(DeviceFault.Call(mm, slot: at, single: pmd));
                    break;
                case 1:
                    bool all = shape.OneIn(2);
                    list.Add(DeviceEvict.Call(page: all ? 0 : first, count: all ? pages : count, single: pmd));
                    break;
                case 2:
                    list.Add(DevicePfnWalk.Call(page: first, count: count, handle: shape.OneIn(3) ? slot : DevicePfnWalk.None));
                    break;
                case 3:
                    list.Add(ZapSlots.Call(mm, slot: at, count: count));
                    break;
                case 4:
                    list.Add(AnonFault.Call(mm, slot: at, order: Math.Min(order, pmdOrder), pmd: pmd));
                    break;
                case 5:
                    list.Add(Release.Call<DeviceRelease>(handle: slot));
                    break;
                case 6:
                    list.Add(DeviceAlloc.Call(handle: slot, order: order, choice: choice));
                    break;
                default:
                    list.Add(DeviceAlloc.Call(handle: slot, order: order, choice: choice));
                    list.Add(DeviceMap.Call(handle: slot, slot: at, pmd: pmd, mm: mm));
                    break;
            }
        }
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, 2, 2),
        [
            "driver_devmem_init order=1 count=1",
            // A folio of all pages lives, or lived.
            "driver_devmem_init order=2 count=1; zone_device_folio_init handle=0 order=2; migrate_vma_insert_page handle=0 mm=0 slot=0 pmd=1",
            "driver_devmem_init order=2 count=1; zone_device_folio_init handle=0 order=2; migrate_vma_insert_page handle=0 mm=0 slot=0 pmd=1; zap_pte_range mm=0 slot=0 count=1; zone_device_page_put handle=0",
        ],
        [
            "zone_device_folio_init handle=0 order=0/1/2 choice=0/1",
            "zone_device_folio_init handle=0 order=0/1; migrate_vma_insert_page handle=0 mm=0 slot=0/2",
            "zone_device_folio_init handle=0 order=2; migrate_vma_insert_page handle=0 mm=1 slot=0 pmd=0/1",
            "zone_device_folio_init handle=0 order=0/2; zone_device_page_put handle=0",
            "do_swap_page (device private) mm=0 slot=0/1 single=0/1",
            "migrate_device_range page=0 count=1/4 single=0/1",
            "migrate_device_range page=1 count=2",
            "driver pfn walk page=0/1 count=1",
            "driver pfn walk page=0 count=4",
            "driver pfn walk page=1 count=1 handle=1; zone_device_page_put handle=1",
            "zap_pte_range mm=0 slot=0 count=1/4",
            "do_anonymous_page mm=0 slot=0 order=0",
            "do_anonymous_page mm=0 slot=0 order=2 pmd=0/1",
        ]),
    ];
}
