namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Folios that move: to other system memory, to device memory and back, as single pages and under PMD entries, while they are
/// faulted, forked, written, pinned, split and collapsed. A third of the schedules are duels, each the smallest meeting of two.
/// </summary>
public sealed class Migration : Workload
{
    private const int Handles = 3;

    public override string Id => "migration";
    public override string Summary => "generic and device migration of anonymous folios against fork, copy-on-write, GUP, split and khugepaged";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        (int cpus, int pmdOrder, int systemOrder) = SystemShape.DrawTables(shape, geometry);
        int deviceOrder = Math.Min(pmdOrder + shape.Draw("device", 0, 1), geometry.LargestOrder);
        int mms = shape.Draw("mms", 1, 3);
        int ops = shape.Draw("ops", 1, 4);
        programme.Arena = new Arena(cpus, systemOrder, deviceOrder, pmdOrder);
        programme.Setup.Add(DeviceCarve.Call(order: pmdOrder, count: 1));
        programme.Setup.Add(ReserveCma.Call(block: 0, count: 1 + shape.Pick(3)));
        int duel = shape.Draw("duel", 0, 14);
        if (duel < s_duels.Length)
        {
            s_duels[duel](programme, shape, pmdOrder);
            return;
        }
        int tables = 1 + shape.Pick(2), slots = tables << pmdOrder;
        for (int mm = 0; mm < mms; mm++)
            for (int table = 0; table < tables; table++)
                if (mm == 0 || shape.OneIn(2)) Populate(programme.Setup, shape, mm, table, pmdOrder);
        if (mms > 1 && shape.OneIn(2)) programme.Setup.Add(Fork.Call<ForkAll>(mm: 0, slot: 0, count: slots, child: 1));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(Draw(shape, mms, slots, pmdOrder));
    }

    /// <summary>A table's range: one folio under a PMD entry, one under PTEs, or single pages.</summary>
    private static void Populate(List<OpCall> calls, Shape shape, int mm, int table, int pmdOrder)
    {
        int first = table << pmdOrder;
        if (shape.OneIn(2))
        {
            calls.Add(AnonFault.Call(mm, slot: first, order: pmdOrder, pmd: shape.Coin()));
            return;
        }
        for (int i = 0; i < 1 << pmdOrder; i++) calls.Add(AnonFault.Call(mm, slot: first + i, order: 0));
    }

    private static OpCall Draw(Shape shape, int mms, int slots, int pmdOrder)
    {
        int mm = shape.Pick(mms), slot = shape.Pick(slots), handle = shape.Pick(Handles);
        switch (shape.Pick(21))
        {
            case 0 or 1: return SlotOperation.Call<MigratePages>(mm, slot);
            case 2 or 3: return MigrateToDevice.Call(mm, slot, compound: shape.Coin(), choice: shape.Pick(2));
            case 4 or 5: return SlotOperation.Call<DeviceFaultShared>(mm, slot);
            case 6: return InsertDevicePmd.Call(mm, slot, failure: shape.OneIn(2) ? InsertFailure.None : (InsertFailure)shape.Pick(4));
            case 7: return SlotOperation.Call<CollapseRange>(mm, slot);
            case 8:
                return mms < 2 ? SlotOperation.Call<MigratePages>(mm, slot)
                    : Fork.Call<ForkAll>(mm: Math.Min(mm, mms - 2), slot: slot, count: 1 + shape.Pick(1 << pmdOrder), child: mms - 1);
            case 9 or 10: return SlotOperation.Call<WriteProtectFault>(mm, slot);
            case 11: return ZapSlots.Call(mm, slot, count: 1 + shape.Pick(1 << pmdOrder));
            case 12: return AnonFault.Call(mm, slot, order: shape.OneIn(2) ? pmdOrder : 0, pmd: shape.Coin());
            case 13: return FolioSplitAt.Call(mm, slot, order: 0, around: shape.Coin());
            case 14: return PinLongTerm.Call(mm: mm, slot: slot, count: 1 + shape.Pick(2), handle: handle);
            case 15: return GetPages.Call<PinUserPagesFast>(mm, slot, count: 1, handle: handle);
            case 16: return GetPages.Call<GetUserPagesFast>(mm, slot, count: 1, handle: handle);
            case 18: return SlotOperation.Call<SplitPmd>(mm, slot);
            case 17: return PfnWalk.Call<CompactionWalk>(pfn: shape.Pick(16), count: 1 + shape.Pick(4));
            default: return UnpinUserPages.Call(handle);
        }
    }

    private static readonly Action<Programme, Shape, int>[] s_duels = [CollapseDuel, SharedSplitDuel, OtherFolioDuel, LongTermDuel, CopyDuel];

    private static void Begin(Programme programme) => programme.Arena = programme.Arena with { Cpus = Math.Min(2, programme.Arena.Cpus) };

    /// <summary>One collapses a table of single pages, the other looks its pages up.</summary>
    private static void CollapseDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        int pages = 1 << pmdOrder;
        for (int i = 0; i < pages; i++) programme.Setup.Add(AnonFault.Call(mm: 0, slot: i, order: 0));
        for (int i = 0; i < 3; i++) GupEntries.AddFastRound(programme.Cpu(0), shape, firstSlot: 0, slots: pages, handle: i, drawRange: false);
        programme.LastCpu.Add(SlotOperation.Call<CollapseRange>(mm: 0, slot: 0));
        if (shape.OneIn(2)) programme.LastCpu.Add(ZapSlots.Call(mm: 0, slot: 0, count: 1));
    }

    /// <summary>A folio under PMD entries of two mms is split or moved by one while the other forks, faults or zaps.</summary>
    private static void SharedSplitDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: pmdOrder, pmd: true));
        programme.Setup.Add(Fork.Call<ForkAll>(mm: 0, slot: 0, count: 1, child: 1));
        programme.Cpu(0).Add(shape.OneIn(2) ? FolioSplitAt.Call(mm: shape.Pick(2), slot: 0, order: 0, around: shape.Coin()) : SlotOperation.Call<MigratePages>(mm: shape.Pick(2), slot: 0));
        programme.LastCpu.Add(shape.OneIn(2) ? ZapSlots.Call(mm: shape.Pick(2), slot: 0, count: 1) : MigrateToDevice.Call(mm: shape.Pick(2), slot: 0, compound: true));
    }

    /// <summary>
    /// Mms of one family have different folios at one address: that of the first and the third is split, whose rmap walk
    /// visits the second as well, and that of the second moves.
    /// </summary>
    private static void OtherFolioDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: pmdOrder, pmd: true));
        programme.Setup.Add(Fork.Call<ForkAll>(mm: 0, slot: 1 << pmdOrder, count: 1, child: 1));
        programme.Setup.Add(Fork.Call<ForkAll>(mm: 0, slot: 0, count: 1, child: 2));
        programme.Setup.Add(AnonFault.Call(mm: 1, slot: 0, order: pmdOrder, pmd: true));
        programme.Cpu(0).Add(FolioSplitAt.Call(mm: 0, slot: 0, order: 0, around: shape.Coin()));
        programme.LastCpu.Add(shape.OneIn(2) ? SlotOperation.Call<MigratePages>(mm: 1, slot: 0) : MigrateToDevice.Call(mm: 1, slot: 0, compound: true));
    }

    /// <summary>Pages of CMA are pinned for long while somebody else moves or unmaps them.</summary>
    private static void LongTermDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: shape.OneIn(2) ? pmdOrder : 0, pmd: shape.Coin()));
        programme.Cpu(0).Add(PinLongTerm.Call(mm: 0, slot: 0, count: 1, handle: 0));
        programme.Cpu(0).Add(UnpinUserPages.Call(handle: 0));
        programme.LastCpu.Add(shape.OneIn(2) ? SlotOperation.Call<MigratePages>(mm: 0, slot: 0) : PinLongTerm.Call(mm: 0, slot: 0, count: 1, handle: 0));
        programme.LastCpu.Add(ZapSlots.Call(mm: 0, slot: 0, count: 1));
    }

    /// <summary>Parent and child write to what they share, one of them while its pages are pinned or gone to the device.</summary>
    private static void CopyDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: shape.OneIn(2) ? pmdOrder : 0));
        programme.Cpu(0).Add(GetPages.Call<PinUserPagesFast>(mm: 0, slot: 0, count: 1, handle: 0));
        programme.Cpu(0).Add(SlotOperation.Call<WriteProtectFault>(mm: 0, slot: 0));
        programme.LastCpu.Add(Fork.Call<ForkAll>(mm: 0, slot: 0, count: 1 << pmdOrder, child: 1));
        programme.LastCpu.Add(shape.OneIn(2) ? MigrateToDevice.Call(mm: 1, slot: 0) : SlotOperation.Call<WriteProtectFault>(mm: 1, slot: 0));
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 4, 2, 2),
        [
            Cma + "do_anonymous_page mm=0 slot=0",
            Cma + "do_anonymous_page mm=0 slot=0 order=2 pmd=0/1",
            Cma + "do_anonymous_page mm=0 slot=0 order=2 pmd=1; dup_mmap mm=0 slot=0 count=1",
        ],
        [
            "migrate_pages mm=0 slot=0",
            "migrate_vma_pages mm=0 slot=0 compound=0/1",
            "migrate_vma_pages mm=0 slot=0 choice=1",
            "do_swap_page (device private, shared) mm=0 slot=0",
            "migrate_vma_insert_huge_pmd_page mm=0 slot=4 failure=none/charge/page-table/unstable",
            "khugepaged mm=0 slot=0",
            "dup_mmap mm=0 slot=0 count=1/4",
            "do_wp_page mm=0/1 slot=0",
            "zap_pte_range mm=0 slot=0 count=1/4",
            "do_anonymous_page mm=0 slot=4 order=0",
            "do_anonymous_page mm=0 slot=4 order=2 pmd=0/1",
            "folio_split mm=0 slot=0 order=0 around=0/1",
            "pin_user_pages_fast (FOLL_LONGTERM) handle=0 mm=0 slot=0; unpin_user_pages handle=0",
            "pin_user_pages_fast mm=0 slot=0 handle=0; unpin_user_pages handle=0",
            "get_user_pages_fast mm=0 slot=0 handle=0; unpin_user_pages handle=0",
            "split_huge_pmd mm=0 slot=0",
            "compaction pfn=0 count=1/4",
        ]),
    ];

    /// <summary>How set-ups begin: half of the memory is CMA.</summary>
    private const string Cma = "driver_devmem_init order=2 count=1; cma_init_reserved_mem block=0 count=2; ";
}
