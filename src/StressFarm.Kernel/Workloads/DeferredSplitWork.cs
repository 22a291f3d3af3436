namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Folios that are zapped page by page and wait to be split: shrinkers of two memory control groups, splits, moves and frees take
/// them off the lists, and charges move between the groups.
/// </summary>
public sealed class DeferredSplitWork : Workload
{
    public override string Id => "deferred-split";
    public override string Summary => "partially mapped and underused folios on deferred split lists: shrinkers, zaps, splits, migration, charges that move";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        (int cpus, int pmdOrder, int systemOrder) = SystemShape.DrawTables(shape, geometry);
        int mms = shape.Draw("mms", 1, 2), memcgs = shape.DrawMostly("memcgs", 2, 4, 1, 2);
        int folios = shape.Draw("folios", 1, 3), ops = shape.Draw("ops", 1, 4);
        int duel = shape.Draw("duel", 0, 3);
        programme.Arena = new Arena(duel < 2 ? Math.Min(cpus, 2) : cpus, systemOrder, -1, pmdOrder, Memcgs: memcgs);
        if (duel == 0)
        {
            ComposeFirstZap(programme, shape, pmdOrder);
            return;
        }
        for (int i = 0; i < folios; i++)
        {
            int mm = shape.Pick(mms);
            if (shape.OneIn(2)) programme.Setup.Add(SlotOperation.Call<HugeFault>(mm, slot: i << pmdOrder));
            else programme.Setup.Add(AnonFault.Call(mm, slot: i << pmdOrder, order: pmdOrder));
        }
        // A PMD entry that was split: the folio is then mapped by PTEs, and may be queued already.
        if (shape.OneIn(2)) programme.Setup.Add(SlotOperation.Call<SplitPmd>(mm: 0, slot: 0));
        if (mms > 1 && shape.OneIn(3)) programme.Setup.Add(Fork.Call<ForkAll>(mm: 0, slot: 0, count: folios << pmdOrder, child: 1));
        int slots = folios << pmdOrder;
        if (duel == 1)
        {
            ComposeDuel(programme, shape, slots, pmdOrder);
            return;
        }
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(Draw(shape, mms, slots, pmdOrder));
    }

    /// <summary>A whole folio is queued as perhaps underused; one shrinks, and the other zaps the first of its pages.</summary>
    private static void ComposeFirstZap(Programme programme, Shape shape, int pmdOrder)
    {
        programme.Setup.Add(SlotOperation.Call<HugeFault>(mm: 0, slot: 0));
        programme.Setup.Add(SlotOperation.Call<SplitPmd>(mm: 0, slot: 0));
        programme.Cpu(0).Add(ShrinkDeferred.Call(memcg: 0, count: 1));
        if (shape.OneIn(2)) programme.Cpu(0).Add(ShrinkDeferred.Call(memcg: 0, count: 1));
        programme.LastCpu.Add(ZapSlots.Call(mm: 0, slot: shape.Pick(1 << pmdOrder), count: 1));
    }

    /// <summary>One shrinks, the other zaps what is on the list or comes to it.</summary>
    private static void ComposeDuel(Programme programme, Shape shape, int slots, int pmdOrder)
    {
        if (shape.OneIn(2)) programme.Setup.Add(ZapSlots.Call(mm: 0, slot: shape.Pick(slots), count: 1));
        programme.Cpu(0).Add(ShrinkDeferred.Call(memcg: 0, count: 1 + shape.Pick(3), underused: shape.Coin()));
        List<OpCall> other = programme.LastCpu;
        other.Add(SlotOperation.Call<SplitPmd>(mm: 0, slot: shape.Pick(slots)));
        for (int i = 0; i < 2; i++) other.Add(ZapSlots.Call(mm: 0, slot: shape.Pick(slots), count: 1 + shape.Pick(1 << pmdOrder)));
        if (shape.OneIn(2)) other.Add(ShrinkDeferred.Call(memcg: 0, count: 1));
    }

    private static OpCall Draw(Shape shape, int mms, int slots, int pmdOrder)
    {
        int mm = shape.Pick(mms), slot = shape.Pick(slots);
        return shape.Pick(14) switch
        {
            0 or 1 or 2 => ShrinkDeferred.Call(memcg: shape.Pick(Geometry.MaxMemcgs), count: 1 + shape.Pick(3), underused: shape.Coin()),
            3 or 4 or 5 => ZapSlots.Call(mm, slot, count: 1 + shape.Pick(3)),
            6 => SlotOperation.Call<HugeFault>(mm, slot),
            7 => AnonFault.Call(mm, slot, order: pmdOrder),
            8 or 9 => MoveCharge.Call(mm, slot, memcg: shape.Pick(Geometry.MaxMemcgs)),
            10 => FolioSplitAt.Call(mm, slot, order: 0, around: shape.Coin()),
            11 => SlotOperation.Call<MigratePages>(mm, slot),
            12 => SlotOperation.Call<SplitPmd>(mm, slot),
            _ => PfnWalk.Call<CompactionWalk>(pfn: shape.Pick(16), count: 1 + shape.Pick(8)),
        };
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, -1, 2, Memcgs: 2),
        [
            "do_huge_pmd_anonymous_page mm=0 slot=0",
            "do_huge_pmd_anonymous_page mm=0 slot=0; split_huge_pmd mm=0 slot=0",
            // Partially mapped: on the list, and by one mm of two.
            "do_anonymous_page mm=0 slot=0 order=2; zap_pte_range mm=0 slot=1",
            "do_anonymous_page mm=0 slot=0 order=2; dup_mmap mm=0 slot=0 count=4; zap_pte_range mm=0 slot=0 count=4",
        ],
        [
            "deferred_split_scan memcg=0 count=1/2 underused=0/1",
            "deferred_split_scan memcg=1 count=1",
            "zap_pte_range mm=0 slot=0/3 count=1",
            "zap_pte_range mm=0/1 slot=0 count=4",
            "do_huge_pmd_anonymous_page mm=0 slot=4",
            "do_anonymous_page mm=0 slot=4 order=2",
            "mem_cgroup_move_account mm=0 slot=0 memcg=0/1",
            "folio_split mm=0 slot=1 order=0 around=0/1",
            "migrate_pages mm=0 slot=0/1",
            "split_huge_pmd mm=0 slot=0",
            "compaction pfn=0 count=1/4",
        ]),
    ];
}
