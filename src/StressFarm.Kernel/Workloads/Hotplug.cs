namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Memory that comes and goes: sections of system memory are emptied, taken offline, removed and brought back, device memory is
/// unmapped by its driver, while folios are faulted, moved and looked at by pfn. Most schedules, and the short ones, are duels.
/// </summary>
public sealed class Hotplug : Workload
{
    public override string Id => "hotplug";
    public override string Summary => "offlining, section remove, onlining and memunmap against faults, migration, PFN walkers and pgmap lookups";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        int systemOrder = Math.Min(shape.Draw("system-order", 5, 6), geometry.LargestOrder);
        int deviceOrder = Math.Min(shape.Draw("device-order", 2, 3), geometry.LargestOrder);
        int mms = shape.Draw("mms", 1, 2), ops = shape.Draw("ops", 1, 4), duel = shape.Draw("duel", 0, 9);
        const int pmdOrder = 2;
        programme.Arena = new Arena(duel is >= 5 and <= 7 ? Math.Min(cpus, 2) : cpus, systemOrder, deviceOrder, pmdOrder, SectionOrder: systemOrder - Arena.SectionsOrder);
        programme.Setup.Add(new(Operation<DeviceCarve>.Instance, pmdOrder, 1));
        int pages = 1 << systemOrder;
        if (duel < 8)
        {
            // Small sections: what is walked is what is taken away.
            programme.Arena = programme.Arena.Resized(Arena.SectionsOrder + pmdOrder, pmdOrder);
            List<OpCall> one = programme.Cpu(0), other = programme.Cpu(programme.Arena.Cpus - 1);
            if (duel < 5) ComposeReuse(programme, shape, duel < 3 ? 0 : 2);
            else if (duel < 7) ComposeWalk(shape, one, other);
            else ComposeUnmap(programme, shape, one, other);
            return;
        }
        for (int i = 0; i < 3; i++)
            programme.Setup.Add(new(Operation<AnonFault>.Instance, shape.Pick(mms), i << pmdOrder, shape.OneIn(2) ? pmdOrder : 0, shape.Pick(2)));
        if (shape.OneIn(3)) programme.Setup.Add(new(Operation<MigrateToDevice>.Instance, 0, 0, 1));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(Draw(shape, mms, pages, deviceOrder));
    }

    /// <summary>
    /// Pages of small sections that are being emptied lie on the lists of CPUs, from where they are handed out again, whole or as
    /// parts of something else.
    /// </summary>
    private static void ComposeReuse(Programme programme, Shape shape, int order)
    {
        int folios = order == 0 ? 1 : 2;
        for (int i = 0; i < folios; i++) programme.Cpu(0).Add(new(Operation<OfflineSection>.Instance, i));
        for (int cpu = Math.Min(1, programme.Arena.Cpus - 1); cpu < programme.Arena.Cpus; cpu++)
        {
            List<OpCall> calls = programme.Cpu(cpu);
            int first = cpu * 16;
            for (int round = 0; round < 2; round++)
            {
                for (int i = 0; i < folios; i++) calls.Add(new(Operation<AnonFault>.Instance, 0, first + i * 4, order, 0));
                if (round == 0) calls.Add(new(Operation<ZapSlots>.Instance, 0, first, folios == 1 ? 1 : 8));
            }
        }
        if (shape.OneIn(4)) programme.Cpu(0).Add(new(Operation<OnlineSection>.Instance, 0));
    }

    /// <summary>A section is removed under a walk.</summary>
    private static void ComposeWalk(Shape shape, List<OpCall> one, List<OpCall> other)
    {
        int section = 2 + shape.Pick(2), first = section * 4;
        for (int i = 0; i < 3; i++) one.Add(new(Operation<OnlinePageWalk>.Instance, first + shape.Pick(4), 1 + shape.Pick(4), shape.Pick(4)));
        other.Add(new(Operation<OfflineSection>.Instance, section));
        other.Add(new(Operation<RemoveSection>.Instance, section));
        if (shape.OneIn(2)) other.Add(new(Operation<OnlineSection>.Instance, section));
    }

    /// <summary>Device memory is unmapped under a walk.</summary>
    private static void ComposeUnmap(Programme programme, Shape shape, List<OpCall> one, List<OpCall> other)
    {
        if (shape.OneIn(2))
        {
            programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, shape.Pick(2) * 2, 1));
            programme.Setup.Add(new(Operation<MigrateToDevice>.Instance, 0, 0, 1));
        }
        for (int i = 0; i < 2; i++) one.Add(new(Operation<PgmapWalk>.Instance, shape.Pick(4), 1 + shape.Pick(2)));
        if (shape.OneIn(2)) one.Add(new(Operation<DeviceFaultShared>.Instance, 0, 0));
        other.Add(new(Operation<MemunmapPages>.Instance));
        if (shape.OneIn(2)) other.Add(new(Operation<MemunmapPages>.Instance));
    }

    private static OpCall Draw(Shape shape, int mms, int pages, int deviceOrder)
    {
        int mm = shape.Pick(mms), slot = shape.Pick(12), section = shape.OneIn(2) ? 0 : shape.Pick(4);
        return shape.Pick(18) switch
        {
            0 or 1 or 2 => new(Operation<OfflineSection>.Instance, section),
            3 or 4 => new(Operation<RemoveSection>.Instance, section),
            5 => new(Operation<OnlineSection>.Instance, section),
            6 or 7 => new(Operation<AnonFault>.Instance, mm, slot, shape.OneIn(2) ? 2 : 0, shape.Pick(2)),
            8 or 9 => new(Operation<ZapSlots>.Instance, mm, slot, 1 + shape.Pick(4)),
            10 or 11 => new(Operation<OnlinePageWalk>.Instance, shape.Pick(pages), 1 + shape.Pick(4), shape.Pick(4)),
            12 => new(Operation<MemunmapPages>.Instance),
            13 => new(Operation<PgmapWalk>.Instance, shape.Pick(1 << deviceOrder), 1 + shape.Pick(4)),
            14 => new(Operation<MigrateToDevice>.Instance, mm, slot, shape.Pick(2)),
            15 => new(Operation<DeviceFaultShared>.Instance, mm, slot),
            16 => new(Operation<GetUserPagesFast>.Instance, mm, slot, 1, 0),
            _ => new(Operation<UnpinUserPages>.Instance, 0),
        };
    }
}
