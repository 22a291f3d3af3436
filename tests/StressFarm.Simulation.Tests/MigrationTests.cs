namespace StressFarm.Simulation.Tests;

/// <summary>Migration (spec 3.12), directed, its known bugs by hand, and the invariants about it.</summary>
public class MigrationTests
{
    private static Stage Anon(int order, bool pmd = false, Policy? policy = null, int pmdOrder = 2, int deviceOrder = -1)
    {
        var stage = new Stage(policy, pmdOrder: pmdOrder, deviceOrder: deviceOrder);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, order, pmd));
        return stage;
    }

    private static PageTableEntry Pte(Stage stage, int mm, int slot) => new(stage.Memory[stage.Machine.Cells.Pte(mm, slot)]);
    private static PageTableEntry Pmd(Stage stage, int mm, int table) => new(stage.Memory[stage.Machine.Cells.Pmd(mm, table)]);

    private static void Fork(Stage stage, int slots, int child = 1) =>
        stage.Run(cpu => Operation<ForkAll>.Instance.Run(cpu, ForkAll.Call<ForkAll>(mm: 0, slot: 0, count: slots, child: child)));

    private static void AssertNothingLeft(Stage stage)
    {
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    private static Policy Bug(Deviation deviation, bool on) => Policy.Control with { Deviations = on ? deviation : Deviation.None };

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void A_folio_moves_with_its_charge_and_its_mappings_in_every_mm(int order, bool pmd)
    {
        Stage stage = Anon(order, pmd);
        Fork(stage, pmd ? 1 : 1 << order);
        Assert.True(stage.Call(cpu => MigrationCallers.ByAddress(cpu, 0, 0)));
        stage.AssertClean();
        for (int mm = 0; mm < 2; mm++)
            for (int i = 0; i < (pmd ? 1 : 1 << order); i++)
            {
                PageTableEntry entry = pmd ? Pmd(stage, mm, 0) : Pte(stage, mm, i);
                Assert.True(entry.IsPresent && entry.Pfn >= 1 << order, $"{entry}");
                Assert.Equal(AnonMemory.Memcg, stage.Memory[new Page(pmd ? entry.Pfn : entry.Pfn - i).MemcgData]);
            }
        Assert.Contains(stage.Ghost.OwnerOf(0), new[] { Owner.Pcp, Owner.Buddy });
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_folio_goes_to_the_device_and_a_fault_brings_it_back_exclusive(int order)
    {
        Stage stage = Anon(order, pmd: order == 2, deviceOrder: 2);
        stage.Run(cpu => MigrationCallers.ToDevice(cpu, 0, 0, compound: true, choice: 0));
        PageTableEntry there = order == 2 ? Pmd(stage, 0, 0) : Pte(stage, 0, 0);
        Assert.True(there.IsDevicePrivate && there.IsWrite, $"{there}");
        stage.Run(cpu => MigrationCallers.ToRam(cpu, 0, 0));
        PageTableEntry back = order == 2 ? Pmd(stage, 0, 0) : Pte(stage, 0, 0);
        Assert.True(back.IsPresent && back.IsWrite, $"{back}");
        Assert.NotEqual(0UL, stage.Memory[new Page(back.Pfn).Flags] & PageFlag.AnonExclusive);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_stray_reference_makes_it_fail_and_leaves_everything_as_it_was()
    {
        Stage stage = Anon(2, pmd: true);
        PageTableEntry before = Pmd(stage, 0, 0);
        Assert.True(stage.Call<bool>(cpu => FolioReferences.TryGet(cpu, new Page(0)), 2));
        Assert.False(stage.Call(cpu => MigrationCallers.ByAddress(cpu, 0, 0)));
        Assert.Equal(before, Pmd(stage, 0, 0));
        Assert.NotEqual(0UL, stage.Memory[new Page(0).Flags] & PageFlag.Lru);
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(0)), 2);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_fork_in_the_middle_copies_migration_entries_and_both_are_mapped_again()
    {
        Stage stage = Anon(2, pmd: true);
        stage.Begin(async cpu => { await MigrationCallers.ByAddress(cpu, 0, 0); }, 1);
        stage.StepTo(1, Step.MigrateMapping);
        Assert.True(Pmd(stage, 0, 0).IsMigration);
        stage.Run(cpu => Operation<ForkAll>.Instance.Run(cpu, ForkAll.Call<ForkAll>(mm: 0, slot: 0, count: 1, child: 1)), 2);
        Assert.True(Pmd(stage, 1, 0) is { IsMigration: true, IsExclusive: false });
        stage.Finish(1);
        for (int mm = 0; mm < 2; mm++) Assert.True(Pmd(stage, mm, 0) is { IsPresent: true, IsWrite: false });
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_write_reuses_what_is_exclusive_and_copies_what_is_shared(bool shared)
    {
        Stage stage = Anon(0);
        if (shared) Fork(stage, 1);
        else stage.Vandalise(stage.Machine.Cells.Pte(0, 0), PageTableEntry.Present(0, write: false).Raw);
        stage.Run(cpu => WriteFault.Run(cpu, 0, 0));
        Assert.True(Pte(stage, 0, 0).IsWrite);
        Assert.Equal(shared, Pte(stage, 0, 0).Pfn != 0);
        if (shared)
        {
            // The child is the last owner now and takes the page over.
            stage.Run(cpu => WriteFault.Run(cpu, 1, 0));
            Assert.Equal((0, true), (Pte(stage, 1, 0).Pfn, Pte(stage, 1, 0).IsWrite));
        }
        AssertNothingLeft(stage);
    }

    [Fact]
    public void Khugepaged_makes_one_folio_of_a_table_and_gives_up_for_a_pin()
    {
        foreach (bool pinned in new[] { false, true })
        {
            var stage = new Stage(pmdOrder: 2);
            for (int i = 0; i < 4; i++) stage.Run(cpu => AnonMemory.Fault(cpu, 0, i, 0, false));
            if (pinned) stage.Call(cpu => GupFast.Range(cpu, 0, 2, 1, GupFlags.Get), 2);
            stage.Run(cpu => Collapse.Run(cpu, 0, 0));
            Assert.Equal(!pinned, Pmd(stage, 0, 0).IsPresent);
            Assert.Equal(pinned, Pte(stage, 0, 1).IsPresent);
            if (pinned) stage.Run(cpu => FolioReferences.PutPage(cpu, new Page(Pte(stage, 0, 2).Pfn)), 2);
            AssertNothingLeft(stage);
        }
    }

    /// <summary>T2 reads the PMD entry; T1 takes the table out, counts references; T2 gets the page and finds its PTE unchanged.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z07_pins_a_page_that_is_being_collapsed_away(bool bug)
    {
        var stage = new Stage(Bug(Deviation.CollapseWithoutIpi, bug), pmdOrder: 2);
        for (int i = 0; i < 4; i++) stage.Run(cpu => AnonMemory.Fault(cpu, 0, i, 0, false));
        stage.Begin(async cpu => { await GupFast.Range(cpu, 0, 1, 1, GupFlags.Get); }, 2);
        stage.Machine.Step(stage.Machine.Cpus[2]);
        stage.Begin(cpu => Collapse.Run(cpu, 0, 0), 1);
        if (!bug)
        {
            stage.StepTo(1, Step.IpiWait);
            Assert.Equal(0u, stage.Machine.Runnable & 2);
            stage.Finish(2);
            Assert.NotEqual(0u, stage.Machine.Runnable & 2);
            stage.Finish(1);
            stage.AssertClean();
            Assert.True(Pmd(stage, 0, 0).IsPresent); // the walker saw the entry changed and gave its reference back
            return;
        }
        stage.StepTo(1, Step.CollapseClear);
        stage.Finish(2);
        stage.AssertViolates("I28");
    }

    /// <summary>The same walker is slower: the folio is unmapped, and with it goes the table.</summary>
    [Fact]
    public void Z07_I28b_reads_a_table_that_is_gone()
    {
        var stage = new Stage(Bug(Deviation.CollapseWithoutIpi, true), pmdOrder: 2);
        for (int i = 0; i < 4; i++) stage.Run(cpu => AnonMemory.Fault(cpu, 0, i, 0, false));
        stage.Begin(async cpu => { await GupFast.Range(cpu, 0, 1, 1, GupFlags.Get); }, 2);
        stage.Machine.Step(stage.Machine.Cpus[2]);
        stage.Run(cpu => Collapse.Run(cpu, 0, 0), 1).Run(cpu => Zap.Slot(cpu, 0, 0), 1);
        stage.AssertClean();
        stage.Finish(2);
        stage.AssertViolates("I28b");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z08_cannot_pin_for_long_what_it_was_to_move(bool bug)
    {
        Stage stage = Anon(0, policy: Bug(Deviation.GupSlowFastHelper, bug));
        stage.Run(async cpu => { await cpu.Store(stage.Machine.Cells.Pageblock(0), Migratetype.Cma, Step.IsolateBlock); });
        PageRange got = stage.Call(cpu => GupLongTerm.Pin(cpu, 0, 0, 1));
        if (bug)
        {
            stage.AssertViolates("I57b");
            return;
        }
        // Moved within the block once or twice; a page outside it comes when the block's lists are used up.
        stage.AssertClean();
        Assert.True(got.Count == 0 || got.Pfn >> 2 != 0);
    }

    /// <summary>mm 0 and 2 share folio F1, mm 1 has F2 at the same address, which is being moved while F1 is split.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z09_takes_a_migration_entry_for_a_present_one(bool bug)
    {
        Stage stage = Anon(2, pmd: true, policy: Bug(Deviation.SplitDecodesMigrationPmd, bug));
        Fork(stage, 1, child: 2);
        stage.Run(cpu => ForkCopy.AnonVmaFork(cpu, 1));
        stage.Run(cpu => AnonMemory.Fault(cpu, 1, 0, 2, true));
        stage.Begin(async cpu => { await MigrationCallers.ByAddress(cpu, 1, 0); }, 1);
        stage.StepTo(1, Step.MigrateMapping);
        stage.Run(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 2);
        if (bug) stage.AssertViolates("I14b");
        else
        {
            stage.Finish(1);
            AssertNothingLeft(stage);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z10_leaves_a_shared_folio_mapped_in_the_second_mm(bool bug)
    {
        Stage stage = Anon(2, pmd: true, policy: Bug(Deviation.UnmapStopsAfterFirstMm, bug));
        Fork(stage, 1);
        stage.Run(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 1);
        if (bug) stage.AssertViolates("I57b");
        else AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z31_puts_a_folio_without_a_charge_on_the_LRU(bool bug)
    {
        Stage stage = Anon(0, policy: Bug(Deviation.PutbackUncharged, bug), deviceOrder: 2);
        stage.Run(cpu => MigrationCallers.ToDevice(cpu, 0, 0, true, 0));
        if (bug) stage.AssertViolates("I12b");
        else AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(InsertFailure.None, null)]
    [InlineData(InsertFailure.Charge, null)]
    [InlineData(InsertFailure.PageTable, null)]
    [InlineData(InsertFailure.Unstable, "I57c")]
    public void Z32_keeps_the_lock_on_the_exits_that_have_it(InsertFailure failure, string? violated)
    {
        foreach (bool bug in new[] { false, true })
        {
            var stage = new Stage(Bug(Deviation.InsertPmdKeepsLock, bug), pmdOrder: 2, deviceOrder: 2);
            stage.Run(cpu => Operation<InsertDevicePmd>.Instance.Run(cpu, InsertDevicePmd.Call(mm: 0, slot: 0, failure)));
            stage.Machine.Judge.Audit(whole: true);
            if (bug && violated is not null) stage.AssertViolates(violated);
            else
            {
                Assert.Equal(failure == InsertFailure.None, Pmd(stage, 0, 0).IsDevicePrivate);
                AssertNothingLeft(stage);
            }
        }
    }

    [Fact]
    public void I57b_catches_an_rmap_walk_that_ends_too_early_only_when_something_is_mapped()
    {
        Stage stage = Anon(2);
        stage.Run(async cpu => { await cpu.Yield(Step.Idle); cpu.Tell(MomentKind.UnmapDone, 0, 0); });
        stage.AssertClean();
        stage.Run(async cpu => { await cpu.Yield(Step.Idle); cpu.Tell(MomentKind.UnmapDone, 0, 4); });
        stage.AssertViolates("I57b");
    }

    [Fact]
    public void I12b_catches_an_uncharged_folio_on_its_way_to_the_LRU()
    {
        Stage stage = Anon(0);
        stage.Vandalise(new Page(0).MemcgData, 0);
        stage.AssertClean();
        stage.Run(cpu => FolioReferences.LruAdd(cpu, new Folio(0)));
        stage.AssertViolates("I12b");
    }

    [Fact]
    public void I57c_catches_a_lock_that_is_left_held()
    {
        Stage stage = Anon(0);
        stage.Run(async cpu => { await cpu.Lock(stage.Machine.Cells.Ptl(1, 0), Step.PtlLock); });
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I57c");
    }

    [Fact]
    public void I24_lets_neighbours_of_a_queued_folio_be_queued_while_it_is_frozen_to_be_moved()
    {
        Stage stage = Anon(3, pmdOrder: 3);
        stage.Run(cpu => Zap.Slot(cpu, 0, 1));
        stage.Run(cpu => AnonMemory.Fault(cpu, 1, 0, 3, false));
        stage.Begin(async cpu => { await MigrationCallers.ByAddress(cpu, 0, 0); }, 1);
        stage.StepTo(1, Step.UnqueueLock);
        stage.Run(cpu => Zap.Slot(cpu, 1, 2), 2);
        stage.Finish(1);
        AssertNothingLeft(stage);
    }
}
