namespace StressFarm.Kernel.Workloads;

/// <summary>DAX entries that are mapped, pinned, shared and truncated, and looked up by pfn, over the same few pages.</summary>
public sealed class FsDaxWork : Workload
{
    private const int PinHandle = 6, PinHandles = 3, PmdOrder = 3;

    public override string Id => "fs-dax";
    public override string Summary => "FS-DAX folios made and undone by their entries, under faults, pins, reflinks and truncation";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(1, geometry);
        int order = Math.Min(shape.Draw("device-order", 3, 4), geometry.LargestOrder);
        int mms = shape.Draw("mms", 1, 2), ops = shape.Draw("ops", 2, 8), entries = shape.Draw("entries", 1, FsDax.Entries);
        programme.Arena = new Arena(cpus, Math.Min(4, geometry.LargestOrder), order, PmdOrder);
        programme.Setup.Add(DaxMount.Call());
        programme.Setup.Add(DeviceCarve.Call(order: PmdOrder, count: shape.Pick(3)));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(Draw(shape, mms, entries, 1 << order));
    }

    private static OpCall Draw(Shape shape, int mms, int entries, int pages)
    {
        int mm = shape.Pick(mms), entry = shape.Pick(entries), order = shape.OneIn(3) ? PmdOrder : shape.Pick(PmdOrder + 1);
        int page = shape.Pick(1 << PmdOrder), handle = PinHandle + shape.Pick(PinHandles);
        return shape.Pick(10) switch
        {
            0 or 1 or 2 => DaxFault.Call(mm, entry, order, page: shape.OneIn(3) ? DaxFault.All : page),
            3 or 4 => DaxTruncate.Call(entry),
            5 => DaxReflink.Call(entry, later: entry + 1 + shape.Pick(FsDax.Entries) & FsDax.Entries - 1),
            6 => GetPages.Call(GupEntries.DrawPin(shape), mm: mm, slot: FsDax.SlotOf(entry) + page, count: 1 + shape.Pick(3), handle: handle),
            7 => UnpinUserPages.Call(handle, range: shape.Coin()),
            8 => ZapSlots.Call(mm, slot: FsDax.SlotOf(entry) + page, count: 1 + shape.Pick(4)),
            _ => DevicePfnWalk.Call(page: shape.Pick(pages), count: 1 + shape.Pick(4)),
        };
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, 3, PmdOrder),
        [
            "memremap_pages (fs-dax); driver_devmem_init order=3 count=0/1",
            "memremap_pages (fs-dax); driver_devmem_init order=3 count=1; dax_iomap_fault mm=0 entry=0 order=0 page=0",
            "memremap_pages (fs-dax); driver_devmem_init order=3 count=0; dax_iomap_fault mm=0 entry=0 order=2 page=1; dax_folio_make_shared entry=0 later=1",
            "memremap_pages (fs-dax); driver_devmem_init order=3 count=0; dax_iomap_fault mm=0 entry=0 order=3 page=all",
        ],
        [
            "dax_iomap_fault mm=0 entry=0 order=0/2 page=0/1",
            "dax_iomap_fault mm=0 entry=0 order=3 page=all",
            "dax_iomap_fault mm=1 entry=1 order=1 page=1",
            "dax_delete_mapping_entry entry=0/1",
            "dax_folio_make_shared entry=0 later=1/2",
            "pin_user_pages_fast mm=0 slot=128/129 count=1/2 handle=6; unpin_user_pages handle=6 range=0/1",
            "pin_user_pages mm=0 slot=128 handle=6; unpin_user_pages handle=6",
            "zap_pte_range mm=0 slot=128 count=1/4",
            "driver pfn walk page=0/1",
            "driver pfn walk page=0 count=4",
        ]),
    ];
}
