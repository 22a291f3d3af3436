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
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        int pmdOrder = shape.DrawMostly("pmd-order", 2, 4, 2, 3);
        int systemOrder = Math.Min(shape.Draw("system-order", 4, 6), geometry.LargestOrder);
        int deviceOrder = Math.Min(pmdOrder + shape.Draw("device", 0, 1), geometry.LargestOrder);
        int mms = shape.Draw("mms", 1, 3);
        int ops = shape.Draw("ops", 1, 4);
        programme.Arena = new Arena(cpus, systemOrder, deviceOrder, pmdOrder);
        programme.Setup.Add(new(Operation<DeviceCarve>.Instance, pmdOrder, 1));
        programme.Setup.Add(new(Operation<ReserveCma>.Instance, 0, 1 + shape.Pick(3)));
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
        if (mms > 1 && shape.OneIn(2)) programme.Setup.Add(new(Operation<ForkAll>.Instance, 0, 0, slots, 1));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(Draw(shape, mms, slots, pmdOrder));
    }

    /// <summary>A table's range: one folio under a PMD entry, one under PTEs, or single pages.</summary>
    private static void Populate(List<OpCall> calls, Shape shape, int mm, int table, int pmdOrder)
    {
        int first = table << pmdOrder;
        if (shape.OneIn(2))
        {
            calls.Add(new(Operation<AnonFault>.Instance, mm, first, pmdOrder, shape.Pick(2)));
            return;
        }
        for (int i = 0; i < 1 << pmdOrder; i++) calls.Add(new(Operation<AnonFault>.Instance, mm, first + i, 0));
    }

    private static OpCall Draw(Shape shape, int mms, int slots, int pmdOrder)
    {
        int mm = shape.Pick(mms), slot = shape.Pick(slots), handle = shape.Pick(Handles);
        switch (shape.Pick(21))
        {
            case 0 or 1: return new(Operation<MigratePages>.Instance, mm, slot);
            case 2 or 3: return new(Operation<MigrateToDevice>.Instance, mm, slot, shape.Pick(2), shape.Pick(2));
            case 4 or 5: return new(Operation<DeviceFaultShared>.Instance, mm, slot);
            case 6: return new(Operation<InsertDevicePmd>.Instance, mm, slot, shape.OneIn(2) ? 0 : shape.Pick(4));
            case 7: return new(Operation<CollapseRange>.Instance, mm, slot);
            case 8:
                return mms < 2 ? new(Operation<MigratePages>.Instance, mm, slot)
                    : new(Operation<ForkAll>.Instance, Math.Min(mm, mms - 2), slot, 1 + shape.Pick(1 << pmdOrder), mms - 1);
            case 9 or 10: return new(Operation<WriteProtectFault>.Instance, mm, slot);
            case 11: return new(Operation<ZapSlots>.Instance, mm, slot, 1 + shape.Pick(1 << pmdOrder));
            case 12: return new(Operation<AnonFault>.Instance, mm, slot, shape.OneIn(2) ? pmdOrder : 0, shape.Pick(2));
            case 13: return new(Operation<FolioSplitAt>.Instance, mm, slot, 0, shape.Pick(2));
            case 14: return new(Operation<PinLongTerm>.Instance, mm, slot, 1 + shape.Pick(2), handle);
            case 15: return new(Operation<PinUserPagesFast>.Instance, mm, slot, 1, handle);
            case 16: return new(Operation<GetUserPagesFast>.Instance, mm, slot, 1, handle);
            case 18: return new(Operation<SplitPmd>.Instance, mm, slot);
            case 17: return new(Operation<CompactionWalk>.Instance, shape.Pick(16), 1 + shape.Pick(4));
            default: return new(Operation<UnpinUserPages>.Instance, handle, 0);
        }
    }

    private static readonly Action<Programme, Shape, int>[] s_duels = [CollapseDuel, SharedSplitDuel, OtherFolioDuel, LongTermDuel, CopyDuel];

    private static void Begin(Programme programme) => programme.Arena = programme.Arena with { Cpus = Math.Min(2, programme.Arena.Cpus) };
    private static List<OpCall> Second(Programme programme) => programme.Cpu(programme.Arena.Cpus - 1);

    /// <summary>One collapses a table of single pages, the other looks its pages up.</summary>
    private static void CollapseDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        int pages = 1 << pmdOrder;
        for (int i = 0; i < pages; i++) programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, i, 0));
        for (int i = 0; i < 3; i++)
        {
            Operation get = shape.OneIn(2) ? Operation<PinUserPagesFast>.Instance : Operation<GetUserPagesFast>.Instance;
            programme.Cpu(0).Add(new(get, 0, shape.Pick(pages), 1, i));
            programme.Cpu(0).Add(new(Operation<UnpinUserPages>.Instance, i));
        }
        Second(programme).Add(new(Operation<CollapseRange>.Instance, 0, 0));
        if (shape.OneIn(2)) Second(programme).Add(new(Operation<ZapSlots>.Instance, 0, 0, 1));
    }

    /// <summary>A folio under PMD entries of two mms is split or moved by one while the other forks, faults or zaps.</summary>
    private static void SharedSplitDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, pmdOrder, 1));
        programme.Setup.Add(new(Operation<ForkAll>.Instance, 0, 0, 1, 1));
        programme.Cpu(0).Add(shape.OneIn(2) ? new(Operation<FolioSplitAt>.Instance, shape.Pick(2), 0, 0, shape.Pick(2)) : new(Operation<MigratePages>.Instance, shape.Pick(2), 0));
        Second(programme).Add(shape.OneIn(2) ? new(Operation<ZapSlots>.Instance, shape.Pick(2), 0, 1) : new(Operation<MigrateToDevice>.Instance, shape.Pick(2), 0, 1));
    }

    /// <summary>
    /// Mms of one family have different folios at one address: that of the first and the third is split, whose rmap walk
    /// visits the second as well, and that of the second moves.
    /// </summary>
    private static void OtherFolioDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, pmdOrder, 1));
        programme.Setup.Add(new(Operation<ForkAll>.Instance, 0, 1 << pmdOrder, 1, 1));
        programme.Setup.Add(new(Operation<ForkAll>.Instance, 0, 0, 1, 2));
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 1, 0, pmdOrder, 1));
        programme.Cpu(0).Add(new(Operation<FolioSplitAt>.Instance, 0, 0, 0, shape.Pick(2)));
        Second(programme).Add(shape.OneIn(2) ? new(Operation<MigratePages>.Instance, 1, 0) : new(Operation<MigrateToDevice>.Instance, 1, 0, 1));
    }

    /// <summary>Pages of CMA are pinned for long while somebody else moves or unmaps them.</summary>
    private static void LongTermDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, shape.OneIn(2) ? pmdOrder : 0, shape.Pick(2)));
        programme.Cpu(0).Add(new(Operation<PinLongTerm>.Instance, 0, 0, 1, 0));
        programme.Cpu(0).Add(new(Operation<UnpinUserPages>.Instance, 0));
        Second(programme).Add(shape.OneIn(2) ? new(Operation<MigratePages>.Instance, 0, 0) : new(Operation<PinLongTerm>.Instance, 0, 0, 1, 0));
        Second(programme).Add(new(Operation<ZapSlots>.Instance, 0, 0, 1));
    }

    /// <summary>Parent and child write to what they share, one of them while its pages are pinned or gone to the device.</summary>
    private static void CopyDuel(Programme programme, Shape shape, int pmdOrder)
    {
        Begin(programme);
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, shape.OneIn(2) ? pmdOrder : 0, 0));
        programme.Cpu(0).Add(new(Operation<PinUserPagesFast>.Instance, 0, 0, 1, 0));
        programme.Cpu(0).Add(new(Operation<WriteProtectFault>.Instance, 0, 0));
        Second(programme).Add(new(Operation<ForkAll>.Instance, 0, 0, 1 << pmdOrder, 1));
        Second(programme).Add(shape.OneIn(2) ? new(Operation<MigrateToDevice>.Instance, 1, 0, 0) : new(Operation<WriteProtectFault>.Instance, 1, 0));
    }
}
