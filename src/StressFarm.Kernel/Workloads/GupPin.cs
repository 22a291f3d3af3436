namespace StressFarm.Kernel.Workloads;

/// <summary>Pins and references of user pages, anonymous and a driver's, against zaps, faults and splits.</summary>
public sealed class GupPin : Workload
{
    /// <summary>Driver memory is mapped above the anonymous slots.</summary>
    private const int DriverSlot = 48;
    private const int DriverHandle = 8;

    public override string Id => "gup-pin";
    public override string Summary => "GUP, fast and slow, on anonymous and driver pages that are unmapped, freed and split meanwhile";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        (int cpus, int pmdOrder, int systemOrder) = SystemShape.DrawFolios(shape, geometry);
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
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: order));
        for (int i = 0; i < 2; i++) GupEntries.AddFastRound(programme.Cpu(0), shape, firstSlot: 0, slots: pages, handle: i, drawRange: true);
        programme.Cpu(1).Add(ZapSlots.Call(mm: 0, slot: 0, count: pages));
        if (order == 0 || shape.OneIn(2)) programme.Cpu(1).Add(AnonFault.Call(mm: 0, slot: shape.Pick(2) * 4, order: order));
        else programme.Cpu(1).Add(DriverAllocate.Call(producer: (DriverProducer)shape.Pick(3), order: order, handle: DriverHandle));
    }

    /// <summary>Every CPU pins one page again and again that has almost all the references it can count.</summary>
    private static void ComposeOverflow(Programme programme, Shape shape, int cpus)
    {
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: 0));
        programme.Setup.Add(HoldOpaqueReferences.Call(mm: 0, slot: 0, handle: 0));
        int rounds = 80 / (3 * cpus); // 64 pins overflow it
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < 3; i++)
            {
                GetPages pin = GupEntries.DrawPin(shape);
                programme.Cpu(cpu).Add(GetPages.Call(pin, mm: 0, slot: 0, handle: i, rounds: rounds));
            }
    }

    /// <summary>A block of driver memory, mapped before the CPUs start; the weight of driver operations.</summary>
    private static int ComposeDriver(Programme programme, Shape shape, int weight)
    {
        int order = 1 + shape.Pick(3);
        var producer = (DriverProducer)shape.Pick(4);
        if (weight == 0) return 0;
        SystemShape.SetUpDriverBlock(programme, producer, order, DriverSlot);
        return weight;
    }

    /// <summary>The CPU's own block or the set-up's.</summary>
    private static OpCall MapDriver(Shape shape)
    {
        int slot = DriverSlot + shape.Pick(4);
        bool own = shape.OneIn(2);
        return DriverMap.Call(mm: 0, slot: slot, handle: own ? DriverHandle : SystemShape.BlockHandle, count: 4, setup: !own);
    }

    private static OpCall Driver(Shape shape)
    {
        int slot = DriverSlot + shape.Pick(4), handle = shape.Pick(4);
        return shape.Pick(8) switch
        {
            0 => MapDriver(shape),
            1 => DriverAllocate.Call(producer: (DriverProducer)shape.Pick(4), order: 1 + shape.Pick(2), handle: DriverHandle),
            2 => Release.Call<DriverFree>(handle: DriverHandle),
            3 => ZapSlots.Call(mm: 0, slot: slot, count: 1 + shape.Pick(4)),
            4 => GetPages.Call<GetUserPagesFast>(mm: 0, slot: slot, count: 1, handle: handle),
            5 => GetPages.Call<PinUserPages>(mm: 0, slot: slot, count: 1 + shape.Pick(2), handle: handle),
            6 => GetPages.Call<PinUserPagesFast>(mm: 0, slot: slot, count: 1 + shape.Pick(2), handle: handle),
            _ => UnpinUserPages.Call(handle, range: shape.Coin()),
        };
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, -1, 2), ["do_anonymous_page mm=0 slot=0 order=0/2", "do_anonymous_page mm=0 slot=0 order=2 pmd=1"],
        [
            "do_anonymous_page mm=0 slot=0 order=0",
            "do_anonymous_page mm=0 slot=0 order=2 pmd=0/1",
            "zap_pte_range mm=0 slot=0 count=1/4",
            "get_user_pages_fast mm=0 slot=0 handle=0 flags=write/none; unpin_user_pages handle=0",
            "pin_user_pages mm=0 slot=0 handle=0; unpin_user_pages handle=0",
            "pin_user_pages mm=0 slot=1 handle=0 flags=write/none; unpin_user_pages handle=0",
            "pin_user_pages_fast mm=0 slot=0/1 count=1/2 handle=0; unpin_user_pages handle=0 range=0/1",
            "pin_user_pages_fast mm=0 slot=0 handle=0 flags=none; unpin_user_pages handle=0",
            "copy_page_range mm=0 slot=0 count=1/4",
            "split_huge_page mm=0 slot=0",
            "folio_split mm=0 slot=1 order=0 around=0/1",
            "folio_split mm=0 slot=0 order=1",
            "driver_alloc_pages handle=8 producer=af-packet/sg/ring-buffer order=0/2",
        ]),
        new(new Arena(2, 3, -1, 2), ["do_anonymous_page mm=0 slot=0; driver_alloc_pages handle=0 producer=af-packet/sg order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1"],
        [
            "do_anonymous_page mm=0 slot=0 order=2",
            "zap_pte_range mm=0 slot=4 count=1/2",
            "get_user_pages_fast mm=0 slot=0/5 handle=0; unpin_user_pages handle=0",
            "pin_user_pages mm=0 slot=4 count=2 handle=0; unpin_user_pages handle=0",
            "pin_user_pages_fast mm=0 slot=5 handle=0; unpin_user_pages handle=0 range=0/1",
            "copy_page_range mm=0 slot=4 count=2",
            "split_huge_page mm=0 slot=0/4",
            "folio_split mm=0 slot=5 order=0",
            "driver_mmap mm=0 slot=4 handle=0 count=1/2 setup=1",
            "driver_alloc_pages handle=8 producer=ring-buffer/io-uring order=1; driver_mmap mm=0 slot=4/6 handle=8 count=2",
            "driver_alloc_pages handle=8 producer=af-packet/sg order=1; driver_free_pages handle=8",
        ]),
        new(new Arena(2, 2, -1, 2), ["do_anonymous_page mm=0 slot=0; opaque_references handle=0 mm=0 slot=0"],
        [
            "pin_user_pages mm=0 slot=0 handle=0 rounds=0/31",
            "pin_user_pages_fast mm=0 slot=0 handle=0 rounds=0/31",
        ]),
    ];
}
