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
        programme.Setup.Add(new(Operation<DaxMount>.Instance));
        programme.Setup.Add(new(Operation<DeviceCarve>.Instance, PmdOrder, shape.Pick(3)));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(Draw(shape, mms, entries, 1 << order));
    }

    private static OpCall Draw(Shape shape, int mms, int entries, int pages)
    {
        int mm = shape.Pick(mms), entry = shape.Pick(entries), order = shape.OneIn(3) ? PmdOrder : shape.Pick(PmdOrder + 1);
        int page = shape.Pick(1 << PmdOrder), handle = PinHandle + shape.Pick(PinHandles);
        return shape.Pick(10) switch
        {
            0 or 1 or 2 => new(Operation<DaxFault>.Instance, mm, entry, order, shape.OneIn(3) ? -1 : page),
            3 or 4 => new(Operation<DaxTruncate>.Instance, entry),
            5 => new(Operation<DaxReflink>.Instance, entry, entry + 1 + shape.Pick(FsDax.Entries) & FsDax.Entries - 1),
            6 => new(shape.OneIn(2) ? Operation<PinUserPagesFast>.Instance : Operation<PinUserPages>.Instance, mm, FsDax.SlotOf(entry) + page, 1 + shape.Pick(3), handle),
            7 => new(Operation<UnpinUserPages>.Instance, handle, shape.Pick(2)),
            8 => new(Operation<ZapSlots>.Instance, mm, FsDax.SlotOf(entry) + page, 1 + shape.Pick(4)),
            _ => new(Operation<DevicePfnWalk>.Instance, shape.Pick(pages), 1 + shape.Pick(4)),
        };
    }
}
