namespace StressFarm.Kernel.Workloads;

/// <summary>Driver memory that lives throughout, mapped and pinned by several CPUs: how pins are counted on what is no folio.</summary>
public sealed class DriverPin : Workload
{
    private const int PinHandle = 6, PinHandles = 2, Slot = 4;

    public override string Id => "driver-pin";
    public override string Summary => "pins of driver memory in user page tables, taken and given back";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(1, geometry, oftenLow: true);
        int order = shape.Draw("order", 1, Math.Min(3, geometry.LargestOrder)), ops = shape.Draw("ops", 2, 5);
        programme.Arena = new Arena(cpus, Math.Min(5, geometry.LargestOrder), -1, 3);
        SystemShape.SetUpDriverBlock(programme, DriverProducer.AfPacket, order, Slot);
        int beside = Slot << 2;
        if (shape.OneIn(2)) programme.Setup.Add(AnonFault.Call(mm: 1, slot: beside, order: shape.Pick(order + 1)));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++)
            {
                int slot = Slot + shape.Pick(1 << order), handle = PinHandle + shape.Pick(PinHandles);
                programme.Cpu(cpu).Add(shape.Pick(7) switch
                {
                    0 or 1 => GetPages.Call<PinUserPagesFast>(mm: 0, slot: slot, count: 1 + shape.Pick(2), handle: handle),
                    2 => GetPages.Call<PinUserPages>(mm: 0, slot: slot, count: 1, handle: handle),
                    3 => DriverMakesFolio.Call(handle: 0),
                    // Something that comes and goes, so that a soak's memory does not stay what it was.
                    4 => shape.OneIn(2) ? AnonFault.Call(mm: 1, slot: beside, order: shape.Pick(order + 1)) : ZapSlots.Call(mm: 1, slot: beside, count: 8),
                    _ => UnpinUserPages.Call(handle),
                });
            }
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 4, -1, 3),
        [
            "driver_alloc_pages handle=0 producer=af-packet order=1/2; driver_mmap mm=0 slot=4 handle=0 count=4 setup=1",
            "driver_alloc_pages handle=0 producer=af-packet order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1; do_anonymous_page mm=1 slot=16 order=0/2",
        ],
        [
            "pin_user_pages_fast mm=0 slot=4/5 count=1/2 handle=6; unpin_user_pages handle=6",
            "pin_user_pages_fast mm=0 slot=5 handle=6; pin_user_pages_fast mm=0 slot=4 count=2 handle=7",
            "pin_user_pages mm=0 slot=4/5 handle=6; unpin_user_pages handle=6",
            "page_rmappable_folio handle=0",
            "do_anonymous_page mm=1 slot=16 order=0/1/2",
            "zap_pte_range mm=1 slot=16 count=8",
        ]),
    ];
}
