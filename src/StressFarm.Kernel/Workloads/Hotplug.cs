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
        programme.Setup.Add(DeviceCarve.Call(order: pmdOrder, count: 1));
        int pages = 1 << systemOrder;
        if (duel < 8)
        {
            // Small sections: what is walked is what is taken away.
            programme.Arena = programme.Arena.Resized(Arena.SectionsOrder + pmdOrder, pmdOrder);
            List<OpCall> one = programme.Cpu(0), other = programme.LastCpu;
            if (duel < 5) ComposeReuse(programme, shape, duel < 3 ? 0 : 2);
            else if (duel < 7) ComposeWalk(shape, one, other);
            else ComposeUnmap(programme, shape, one, other);
            return;
        }
        for (int i = 0; i < 3; i++)
            programme.Setup.Add(AnonFault.Call(mm: shape.Pick(mms), slot: i << pmdOrder, order: shape.OneIn(2) ? pmdOrder : 0, pmd: shape.Coin()));
        if (shape.OneIn(3)) programme.Setup.Add(MigrateToDevice.Call(mm: 0, slot: 0, compound: true));
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
        for (int i = 0; i < folios; i++) programme.Cpu(0).Add(SectionOperation.Call<OfflineSection>(section: i));
        for (int cpu = Math.Min(1, programme.Arena.Cpus - 1); cpu < programme.Arena.Cpus; cpu++)
        {
            List<OpCall> calls = programme.Cpu(cpu);
            int first = cpu * 16;
            for (int round = 0; round < 2; round++)
            {
                for (int i = 0; i < folios; i++) calls.Add(AnonFault.Call(mm: 0, slot: first + i * 4, order: order));
                if (round == 0) calls.Add(ZapSlots.Call(mm: 0, slot: first, count: folios == 1 ? 1 : 8));
            }
        }
        if (shape.OneIn(4)) programme.Cpu(0).Add(SectionOperation.Call<OnlineSection>(section: 0));
    }

    /// <summary>A section is removed under a walk.</summary>
    private static void ComposeWalk(Shape shape, List<OpCall> one, List<OpCall> other)
    {
        int section = 2 + shape.Pick(2), first = section * 4;
        for (int i = 0; i < 3; i++) one.Add(OnlinePageWalk.Call(pfn: first + shape.Pick(4), count: 1 + shape.Pick(4), walker: (OnlineWalker)shape.Pick(4)));
        other.Add(SectionOperation.Call<OfflineSection>(section));
        other.Add(SectionOperation.Call<RemoveSection>(section));
        if (shape.OneIn(2)) other.Add(SectionOperation.Call<OnlineSection>(section));
    }

    /// <summary>Device memory is unmapped under a walk.</summary>
    private static void ComposeUnmap(Programme programme, Shape shape, List<OpCall> one, List<OpCall> other)
    {
        if (shape.OneIn(2))
        {
            programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: shape.Pick(2) * 2, pmd: true));
            programme.Setup.Add(MigrateToDevice.Call(mm: 0, slot: 0, compound: true));
        }
        for (int i = 0; i < 2; i++) one.Add(PgmapWalk.Call(page: shape.Pick(4), count: 1 + shape.Pick(2)));
        if (shape.OneIn(2)) one.Add(SlotOperation.Call<DeviceFaultShared>(mm: 0, slot: 0));
        other.Add(MemunmapPages.Call());
        if (shape.OneIn(2)) other.Add(MemunmapPages.Call());
    }

    private static OpCall Draw(Shape shape, int mms, int pages, int deviceOrder)
    {
        int mm = shape.Pick(mms), slot = shape.Pick(12), section = shape.OneIn(2) ? 0 : shape.Pick(4);
        return shape.Pick(18) switch
        {
            0 or 1 or 2 => SectionOperation.Call<OfflineSection>(section),
            3 or 4 => SectionOperation.Call<RemoveSection>(section),
            5 => SectionOperation.Call<OnlineSection>(section),
            6 or 7 => AnonFault.Call(mm, slot, order: shape.OneIn(2) ? 2 : 0, pmd: shape.Coin()),
            8 or 9 => ZapSlots.Call(mm, slot, count: 1 + shape.Pick(4)),
            10 or 11 => OnlinePageWalk.Call(pfn: shape.Pick(pages), count: 1 + shape.Pick(4), walker: (OnlineWalker)shape.Pick(4)),
            12 => MemunmapPages.Call(),
            13 => PgmapWalk.Call(page: shape.Pick(1 << deviceOrder), count: 1 + shape.Pick(4)),
            14 => MigrateToDevice.Call(mm, slot, compound: shape.Coin()),
            15 => SlotOperation.Call<DeviceFaultShared>(mm, slot),
            16 => GetPages.Call<GetUserPagesFast>(mm, slot, count: 1, handle: 0),
            _ => UnpinUserPages.Call(handle: 0),
        };
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 4, 2, 2, SectionOrder: 2),
        [
            "driver_devmem_init order=2 count=1; do_anonymous_page mm=0 slot=0 order=0/2",
            "driver_devmem_init order=2 count=1; do_anonymous_page mm=0 slot=0 order=2 pmd=1; migrate_vma_pages mm=0 slot=0 compound=1",
        ],
        [
            "offline_pages (section) section=0/3",
            "offline_pages (section) section=3; remove_memory section=3",
            "remove_memory section=0",
            "offline_pages (section) section=3; online_pages section=3",
            "online_pages section=0",
            "do_anonymous_page mm=0 slot=4 order=0",
            "do_anonymous_page mm=0 slot=4 order=2 pmd=0/1",
            "zap_pte_range mm=0 slot=0 count=1/4",
            "pfn_to_online_page pfn=0 count=4 walker=idle/compaction/snapshot/offline",
            "pfn_to_online_page pfn=12 count=1 walker=idle/compaction/snapshot/offline",
            "memunmap_pages",
            "get_dev_pagemap page=0 count=1/2",
            "migrate_vma_pages mm=0 slot=0 compound=0/1",
            "do_swap_page (device private, shared) mm=0 slot=0",
            "get_user_pages_fast mm=0 slot=0 handle=0; unpin_user_pages handle=0",
        ]),
    ];
}
