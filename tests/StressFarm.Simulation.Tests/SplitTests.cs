namespace StressFarm.Simulation.Tests;

/// <summary>Split (spec 3.10), directed, and the invariants about it.</summary>
public class SplitTests
{
    private static Stage Anon(int order, bool pmd = false, Policy? policy = null, int pmdOrder = 4)
    {
        var stage = new Stage(policy, pmdOrder: pmdOrder);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, order, pmd));
        return stage;
    }

    private static Stage Split(Stage stage, int page, int newOrder, bool uniform = true) =>
        stage.Run(cpu => SplitByAddress.Run(cpu, 0, page, newOrder, uniform), 1);

    private static int[] Orders(Stage stage, int pages)
    {
        var orders = new List<int>();
        for (int pfn = 0; pfn < pages; pfn += 1 << orders[^1])
        {
            var folio = new Folio(pfn);
            bool large = (stage.Memory[folio.Flags] & PageFlag.Head) != 0;
            orders.Add(large ? (int)(stage.Memory[folio.SecondFlags] & PageFlag.OrderMask) : 0);
        }
        return [.. orders];
    }

    private static void AssertNothingLeft(Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    [Theory]
    [InlineData(2, 0, false)]
    [InlineData(3, 2, false)]
    [InlineData(4, 0, true)]
    [InlineData(4, 2, true)]
    [InlineData(4, 3, false)]
    public void A_uniform_split_leaves_parts_of_one_order_mapped_as_before(int order, int newOrder, bool pmd)
    {
        foreach (Cmp cmp in Enum.GetValues<Cmp>())
        {
            Stage stage = Anon(order, pmd, new Policy { Cmp = cmp });
            Split(stage, 5 & ((1 << order) - 1), newOrder);
            stage.AssertClean();
            Assert.All(Orders(stage, 1 << order), o => Assert.Equal(newOrder, o));
            for (int i = 0; i < 1 << order; i++)
            {
                var pte = new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, i)]);
                Assert.True(pte.IsPresent && pte.IsWrite && pte.Pfn == i, $"slot {i}: {pte}");
                Assert.NotEqual(0UL, stage.Memory[new Page(i).Flags] & PageFlag.AnonExclusive);
            }
            AssertNothingLeft(stage);
        }
    }

    [Theory]
    [InlineData(4, 5, 0, "2 0 0 0 0 3")]
    [InlineData(4, 15, 2, "3 2 2")]
    [InlineData(3, 0, 0, "0 0 0 0 2")]
    [InlineData(2, 3, 0, "0 0 0 0")]
    public void A_non_uniform_split_halves_down_to_the_page_and_skips_order_1(int order, int at, int newOrder, string orders)
    {
        Stage stage = Anon(order);
        Split(stage, at, newOrder, uniform: false).AssertClean();
        Assert.Equal(orders.Split(' ').Select(int.Parse), Orders(stage, 1 << order));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void Anonymous_folios_do_not_split_to_order_1()
    {
        Stage stage = Anon(3);
        Split(stage, 0, 1).AssertClean();
        Assert.Equal([3], Orders(stage, 8));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stray_reference_makes_it_fail_and_leaves_everything_mapped(bool late)
    {
        Stage stage = Anon(2);
        if (late)
        {
            stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 1);
            stage.StepTo(1, Step.S8);
        }
        Assert.True(stage.Call<bool>(cpu => FolioReferences.TryGet(cpu, new Page(0)), 2));
        if (late) stage.Finish(1);
        else Split(stage, 0, 0);
        Assert.Equal([2], Orders(stage, 4));
        Assert.Equal(late ? 1 : 0, stage.Machine.Splits.AgainFreeze);
        Assert.Equal(late ? 0 : 1, stage.Machine.Splits.AgainEarly);
        for (int i = 0; i < 4; i++) Assert.True(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, i)]).IsPresent);
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(0)), 2);
        AssertNothingLeft(stage);
    }

    /// <summary>The pin comes after S4: the exclusive page cannot be made shareable, and the PMD entry becomes a table of present ones.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pinned_page_keeps_its_mapping_and_its_exclusiveness(bool pmd)
    {
        Stage stage = Anon(2, pmd, pmdOrder: 2);
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 1);
        stage.StepTo(1, Step.S5);
        PageRange got = stage.Call(cpu => GupFast.Range(cpu, 0, 1, 1, GupFlags.Pin | GupFlags.Write), 2);
        Assert.Equal(1, got.Count);
        stage.Finish(1);
        stage.AssertClean();
        Assert.Equal([2], Orders(stage, 4));
        for (int i = 0; i < 4; i++) Assert.True(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, i)]).IsPresent);
        Assert.NotEqual(0UL, stage.Memory[new Page(1).Flags] & PageFlag.AnonExclusive);
        stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Pfn = 1, Count = 1 }), 2);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_partially_mapped_folio_leaves_the_deferred_list_when_it_is_split()
    {
        Stage stage = Anon(3);
        stage.Run(cpu => Zap.Slot(cpu, 0, 6));
        Word head = stage.Machine.Cells.DeferredHead;
        Assert.NotEqual(stage.Memory.AddressOf(head), stage.Memory[head]);
        Split(stage, 0, 2).AssertClean();
        Assert.Equal(stage.Memory.AddressOf(head), stage.Memory[head]);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void An_entry_zapped_while_it_is_a_migration_entry_stays_gone_and_its_page_is_freed()
    {
        Stage stage = Anon(2);
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 1);
        stage.StepTo(1, Step.S8);
        stage.Run(cpu => Zap.Slot(cpu, 0, 2), 2);
        stage.Finish(1);
        stage.AssertClean();
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.Pte(0, 2)]);
        Assert.Equal(Owner.Pcp, stage.Ghost.OwnerOf(2));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void Folios_that_a_fork_shared_are_unmapped_in_both_and_stay_shared()
    {
        Stage stage = Anon(2);
        stage.Run(cpu => Operation<ForkSlots>.Instance.Run(cpu, Fork.Call<ForkSlots>(mm: 0, slot: 0, count: 4, child: 1)));
        Split(stage, 0, 0).AssertClean();
        Assert.Equal([0, 0, 0, 0], Orders(stage, 4));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(1, (int)stage.Memory[new Page(i).Mapcount]);
            Assert.Equal(0UL, stage.Memory[new Page(i).Flags] & PageFlag.AnonExclusive);
        }
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(0, true, false)]
    [InlineData(0, false, true)]
    [InlineData(2, true, false)]
    public void Device_private_folios_get_their_pgmap_data_and_mapping_back(int newOrder, bool pmd, bool unmapped)
    {
        var stage = new DeviceStage(deviceOrder: 4, pmdOrder: 3);
        stage.AllocAt(0, 3);
        stage.Stage.Run(async cpu => { await cpu.Store(stage.Page(0).ZoneDeviceData, 0x1000, Step.Z6); });
        stage.Map(0, 3, 0, pmd);
        stage.Stage.Run(cpu => unmapped ? SplitByAddress.RunUnmapped(cpu, 0, 1) : SplitByAddress.Run(cpu, 0, 1, newOrder, true), 1);
        stage.Stage.AssertClean();
        ulong pgmap = stage.Memory[stage.Page(0).Pgmap], mapping = stage.Memory[stage.Page(0).Mapping];
        for (int i = 0; i < 8; i += 1 << newOrder)
        {
            Assert.Equal((pgmap, 0x1000UL, mapping), (stage.Memory[stage.Page(i).Pgmap], stage.Memory[stage.Page(i).ZoneDeviceData], stage.Memory[stage.Page(i).Mapping]));
            Assert.Equal(i, stage.Stage.Ghost[stage.Stage.Ghost.ObjectOf(stage.Base + i)].Head - stage.Base);
        }
        Assert.True(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 5)]).IsDevicePrivate);
        AssertNothingLeft(stage.Stage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void I23_catches_a_freeze_of_somebody_elses_reference(bool bug)
    {
        Stage stage = Anon(2, policy: bug ? new Z14().Plant(Policy.Control) : null);
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 1);
        stage.StepTo(1, Step.S8);
        Assert.True(stage.Call<bool>(cpu => FolioReferences.TryGet(cpu, new Page(0)), 2));
        stage.Finish(1);
        if (bug) stage.AssertViolates("I23");
        else stage.AssertClean();
    }

    [Fact]
    public void I24_catches_a_write_to_a_frozen_folio()
    {
        Stage stage = Anon(2);
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 1);
        stage.StepTo(1, Step.T1);
        stage.Run(async cpu => { await cpu.Or(new Page(2).Flags, PageFlag.Young, Step.W4); }, 2, "walker");
        stage.AssertViolates("I24");
        Assert.Equal("flags", stage.Violation!.Field);
    }

    [Theory]
    [InlineData("compound_info")]
    [InlineData("order")]
    [InlineData("flags")]
    [InlineData("mapping")]
    public void I25_catches_an_unfreeze_before_its_time(string field)
    {
        Stage stage = Anon(3);
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 2, true), 1);
        stage.StepTo(1, Step.S13);
        // The freezer's own hand: nobody else may write now.
        stage.Run(async cpu =>
        {
            stage.Ghost[stage.Ghost.ObjectOf(0)].PhaseCpu = cpu.Number;
            if (field == "compound_info") await cpu.Store(new Page(0).Info, 1 | ~0UL << 9, Step.Idle);
            else if (field == "order") await cpu.Store(new Folio(0).SecondFlags, 3, Step.Idle);
            else if (field == "flags") await cpu.AndNot(new Page(0).Flags, PageFlag.Head, Step.Idle);
            else await cpu.Store(new Page(0).Mapping, 0, Step.Idle);
        }, 2, "vandal");
        if (field != "compound_info") stage.AssertClean();
        stage.Finish(1);
        Assert.Contains(stage.Violation!.Invariant.Id, field == "compound_info" ? ["I02", "I25"] : new[] { "I25" });
    }

    [Fact]
    public void Z37_unfreezes_before_pgmap_is_back()
    {
        foreach (bool bug in new[] { true, false })
        {
            var stage = new DeviceStage(bug ? new Z37().Plant(Policy.Control) : null, deviceOrder: 3, pmdOrder: 3);
            stage.AllocAt(0, 3);
            stage.Map(0, 3, 0, pmd: true);
            Split(stage.Stage, 0, 0);
            if (bug) Assert.Contains(stage.Violation!.Invariant.Id, new Z37().Invariants);
            else stage.Stage.AssertClean();
        }
    }

    [Theory]
    [InlineData("flags")]
    [InlineData("index")]
    [InlineData("mapping")]
    [InlineData("_nr_pages")]
    public void I39_catches_a_part_that_is_not_like_the_original(string field)
    {
        Stage stage = Anon(3);
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 2, true), 1);
        stage.StepTo(1, Step.S13);
        stage.Run(async cpu =>
        {
            if (field == "flags") await cpu.AndNot(new Page(4).Flags, PageFlag.Swapbacked, Step.Idle);
            else if (field == "index") await cpu.Store(new Page(4).Index, 5, Step.Idle);
            else if (field == "mapping") await cpu.Store(new Page(4).Mapping, AnonMemory.AnonMapping(1), Step.Idle);
            else await cpu.Store(new Folio(4).NrPages, 8, Step.Idle);
        }, 2, "vandal");
        stage.AssertClean();
        stage.Finish(1);
        stage.AssertViolates("I39");
        Assert.Equal(field, stage.Violation!.Field);
    }

    [Fact]
    public void I37_catches_a_partially_mapped_folio_off_the_list()
    {
        Stage stage = Anon(2);
        stage.Run(async cpu => { await cpu.Or(new Folio(0).SecondFlags, PageFlag.PartiallyMapped, Step.Idle); });
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I37");
    }

    [Fact]
    public void I38_catches_a_link_into_a_freed_folio()
    {
        Stage stage = Anon(2);
        stage.Vandalise(stage.Machine.Cells.DeferredHead, stage.Memory.AddressOf(new Folio(12).DeferredList));
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I38");
    }

    [Fact]
    public void SPL_NOFREEZE_changes_a_folio_that_others_can_get()
    {
        Split(Anon(2, policy: new Policy { Spl = Spl.NoFreeze }), 0, 0).AssertViolates("I10");
    }
}
