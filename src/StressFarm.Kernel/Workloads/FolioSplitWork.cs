namespace StressFarm.Kernel.Workloads;

/// <summary>Anonymous folios that are faulted in, zapped page by page, pinned and split, uniformly and not.</summary>
public sealed class FolioSplitWork : Workload
{
    private const int DeviceHandle = 8;

    public override string Id => "folio-split";
    public override string Summary => "splits of mapped folios against faults, zaps and GUP";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        (int cpus, int pmdOrder, int systemOrder) = SystemShape.DrawFolios(shape, geometry);
        int mms = shape.DrawMostly("mms", 1, 4, 1, 2);
        int slots = 1 << shape.DrawMostly("slots-order", 2, 3, 1, 4);
        int zaps = shape.Draw("zaps", 0, 2), gups = shape.Draw("gups", 2, 6), splits = shape.Draw("splits", 2, 6);
        // Large folios take long to split: fewer operations keep the schedules alike in length, so that preemptions that are
        // spread over the longest of them fall within the others too.
        int work = shape.Draw("work", 4, 10);
        int ops = Math.Max(1, work / (cpus << (pmdOrder - 2)));
        bool device = shape.DrawMostly("device", 0, 2, 0, 1) == 1;
        if (shape.Draw("duel", 0, 1) == 1)
        {
            programme.Arena = new Arena(2, systemOrder, -1, pmdOrder);
            ComposeDuel(programme, shape);
            return;
        }
        programme.Arena = new Arena(cpus, systemOrder, device ? Math.Min(pmdOrder + 1, geometry.LargestOrder) : -1, pmdOrder);
        // Large folios of both halves: without them ALLOCATOR=LIFO would have nothing to hand out.
        if (device) programme.Setup.Add(DeviceCarve.Call(order: pmdOrder, count: 1));
        var mix = new GupMix(mms, slots, pmdOrder, Faults: 1, zaps, gups, splits);
        if (device) MapDeviceFolio(programme.Setup, 0, pmdOrder, shape.Coin());
        else programme.Setup.Add(mix.Fault(shape, 0));
        if (shape.OneIn(2)) programme.Setup.Add(mix.Fault(shape, 0));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++)
            {
                if (device && shape.OneIn(2)) AddDeviceCall(programme.Cpu(cpu), shape, slots, pmdOrder);
                else mix.AddTo(programme.Cpu(cpu), shape);
            }
    }

    /// <summary>The smallest meeting of the two: one CPU looks up tails of a folio, the other splits it.</summary>
    private static void ComposeDuel(Programme programme, Shape shape)
    {
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: 2, pmd: shape.Coin()));
        for (int i = 0; i < 2; i++) GupEntries.AddFastRound(programme.Cpu(0), shape, firstSlot: 1, slots: 3, handle: i, drawRange: true);
        programme.Cpu(1).Add(FolioSplitAt.Call(mm: 0, slot: shape.Pick(4), order: 0, around: shape.Coin()));
    }

    private static void MapDeviceFolio(List<OpCall> calls, int slot, int order, bool pmd)
    {
        calls.Add(DeviceAlloc.Call(handle: DeviceHandle, order: order));
        calls.Add(DeviceMap.Call(handle: DeviceHandle, mm: 0, slot: slot, pmd: pmd));
    }

    /// <summary>Device-private folios in the same slots: mapped, split, faulted back, and looked at by pfn.</summary>
    private static void AddDeviceCall(List<OpCall> calls, Shape shape, int slots, int pmdOrder)
    {
        int slot = shape.Pick(slots);
        switch (shape.Pick(8))
        {
            case 0:
                MapDeviceFolio(calls, slot, shape.Pick(pmdOrder + 1), shape.Coin());
                break;
            case 1:
                calls.Add(DeviceFault.Call(mm: 0, slot: slot));
                break;
            case 2 or 3:
                calls.Add(DevicePfnWalk.Call(page: shape.Pick(1 << pmdOrder), count: 1 + shape.Pick(4)));
                break;
            case 4:
                calls.Add(SlotOperation.Call<SplitUnmappedFolio>(mm: 0, slot: slot));
                break;
            default:
                calls.Add(FolioSplitAt.Call(mm: 0, slot: slot, order: shape.OneIn(2) ? 0 : shape.Pick(pmdOrder), around: shape.Coin()));
                break;
        }
    }

    private static readonly string[] s_turns =
    [
        "do_anonymous_page mm=0 slot=4 order=0/2 pmd=1",
        "zap_pte_range mm=0 slot=0/1 count=1/4",
        "get_user_pages_fast mm=0 slot=1 handle=0 flags=write/none; unpin_user_pages handle=0",
        "pin_user_pages mm=0 slot=1 count=2 handle=0 flags=write/none; unpin_user_pages handle=0",
        "pin_user_pages_fast mm=0 slot=0/3 handle=0 flags=write/none; unpin_user_pages handle=0 range=0/1",
        "copy_page_range mm=0 slot=0 count=1/4",
        "split_huge_page mm=0 slot=0/3",
        "folio_split mm=0 slot=0/1 order=0/1 around=0/1",
    ];

    private static readonly string[] s_deviceTurns =
    [
        "do_anonymous_page mm=0 slot=4 order=2",
        "zap_pte_range mm=0 slot=0 count=1/4",
        "get_user_pages_fast mm=0 slot=1 handle=0; unpin_user_pages handle=0",
        "pin_user_pages mm=0 slot=1 handle=0; unpin_user_pages handle=0",
        "pin_user_pages_fast mm=0 slot=1 handle=0; unpin_user_pages handle=0 range=1",
        "copy_page_range mm=0 slot=0 count=4",
        "split_huge_page mm=0 slot=1",
        "folio_split mm=0 slot=0/1 order=0 around=0/1",
        "folio_split mm=0 slot=0 order=1",
        "zone_device_folio_init handle=0 order=0/2",
        "zone_device_folio_init handle=0 order=0; migrate_vma_insert_page handle=0 mm=0 slot=4",
        "zone_device_folio_init handle=0 order=2; migrate_vma_insert_page handle=0 mm=0 slot=4 pmd=1",
        "do_swap_page (device private) mm=0 slot=0/3",
        "driver pfn walk page=0/1 count=1/4",
        "migrate_vma_split_unmapped_folio mm=0 slot=0/1",
    ];

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, -1, 2), ["do_anonymous_page mm=0 slot=0 order=2 pmd=0/1"], s_turns),
        new(new Arena(2, 3, 3, 2), ["driver_devmem_init order=2 count=1; zone_device_folio_init handle=8 order=2; migrate_vma_insert_page handle=8 mm=0 slot=0 pmd=0/1"], s_deviceTurns),
    ];
}
