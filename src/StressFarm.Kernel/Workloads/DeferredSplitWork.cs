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
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        int pmdOrder = shape.DrawMostly("pmd-order", 2, 4, 2, 3);
        int systemOrder = Math.Min(shape.Draw("system-order", 4, 6), geometry.LargestOrder);
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
            if (shape.OneIn(2)) programme.Setup.Add(new(Operation<HugeFault>.Instance, mm, i << pmdOrder));
            else programme.Setup.Add(new(Operation<AnonFault>.Instance, mm, i << pmdOrder, pmdOrder, 0));
        }
        // A PMD entry that was split: the folio is then mapped by PTEs, and may be queued already.
        if (shape.OneIn(2)) programme.Setup.Add(new(Operation<SplitPmd>.Instance, 0, 0));
        if (mms > 1 && shape.OneIn(3)) programme.Setup.Add(new(Operation<ForkAll>.Instance, 0, 0, folios << pmdOrder, 1));
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
        programme.Setup.Add(new(Operation<HugeFault>.Instance, 0, 0));
        programme.Setup.Add(new(Operation<SplitPmd>.Instance, 0, 0));
        programme.Cpu(0).Add(new(Operation<ShrinkDeferred>.Instance, 0, 1, 0));
        if (shape.OneIn(2)) programme.Cpu(0).Add(new(Operation<ShrinkDeferred>.Instance, 0, 1, 0));
        programme.Cpu(programme.Arena.Cpus - 1).Add(new(Operation<ZapSlots>.Instance, 0, shape.Pick(1 << pmdOrder), 1));
    }

    /// <summary>One shrinks, the other zaps what is on the list or comes to it.</summary>
    private static void ComposeDuel(Programme programme, Shape shape, int slots, int pmdOrder)
    {
        if (shape.OneIn(2)) programme.Setup.Add(new(Operation<ZapSlots>.Instance, 0, shape.Pick(slots), 1));
        programme.Cpu(0).Add(new(Operation<ShrinkDeferred>.Instance, 0, 1 + shape.Pick(3), shape.Pick(2)));
        List<OpCall> other = programme.Cpu(programme.Arena.Cpus - 1);
        other.Add(new(Operation<SplitPmd>.Instance, 0, shape.Pick(slots)));
        for (int i = 0; i < 2; i++) other.Add(new(Operation<ZapSlots>.Instance, 0, shape.Pick(slots), 1 + shape.Pick(1 << pmdOrder)));
        if (shape.OneIn(2)) other.Add(new(Operation<ShrinkDeferred>.Instance, 0, 1, 0));
    }

    private static OpCall Draw(Shape shape, int mms, int slots, int pmdOrder)
    {
        int mm = shape.Pick(mms), slot = shape.Pick(slots);
        return shape.Pick(14) switch
        {
            0 or 1 or 2 => new(Operation<ShrinkDeferred>.Instance, shape.Pick(Geometry.MaxMemcgs), 1 + shape.Pick(3), shape.Pick(2)),
            3 or 4 or 5 => new(Operation<ZapSlots>.Instance, mm, slot, 1 + shape.Pick(3)),
            6 => new(Operation<HugeFault>.Instance, mm, slot),
            7 => new(Operation<AnonFault>.Instance, mm, slot, pmdOrder, 0),
            8 or 9 => new(Operation<MoveCharge>.Instance, mm, slot, shape.Pick(Geometry.MaxMemcgs)),
            10 => new(Operation<FolioSplitAt>.Instance, mm, slot, 0, shape.Pick(2)),
            11 => new(Operation<MigratePages>.Instance, mm, slot),
            12 => new(Operation<SplitPmd>.Instance, mm, slot),
            _ => new(Operation<CompactionWalk>.Instance, shape.Pick(16), 1 + shape.Pick(8)),
        };
    }
}
