namespace StressFarm.Simulation.Tests;

/// <summary>GUP (spec 3.9) and the dimension GUP (4.4), directed.</summary>
public class GupTests
{
    private const GupFlags Pin = GupFlags.Pin | GupFlags.Write;

    /// <summary>An anonymous folio at slot 0 of mm 0, at page 0.</summary>
    private static Stage Anon(int order, bool pmd = false, Policy? policy = null)
    {
        var stage = new Stage(policy, pmdOrder: 2);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, order, pmd));
        Assert.Equal(0, stage.Ghost[stage.Ghost.ObjectOf(0)].Head);
        return stage;
    }

    /// <summary>A driver's compound page, mapped at slots 0.. of mm 0 as it would be without rmap for what is no folio.</summary>
    private static (Stage Stage, int Pfn) Driver(Policy policy, int order = 2)
    {
        var stage = new Stage(policy);
        Handle handle = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.AfPacket, order));
        stage.Run(cpu => DriverMemory.MapPages(cpu, handle, 0, 0, 0, 1 << order));
        stage.AssertClean();
        return (stage, handle.Pfn);
    }

    private static PageRange Get(Stage stage, bool fast, int slot, int n, GupFlags flags = Pin) => fast
        ? stage.Call(cpu => GupFast.Range(cpu, 0, slot, n, flags))
        : stage.Call(cpu => GupSlow.Range(cpu, 0, slot, n, flags));

    private static void AssertNothingLeft(Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void K3_a_pin_under_the_RFC_lands_in_the_tail_poison_and_stays_invisible(bool fast)
    {
        (Stage stage, int pfn) = Driver(new Policy { Cmp = Cmp.Rfc, Map = Map.Skip });
        var folio = new Folio(pfn);
        Assert.Equal(-559087616, (int)stage.Memory[folio.Pincount]);
        Get(stage, fast, 1, 1);
        Assert.Equal(-559087615, (int)stage.Memory[folio.Pincount]);
        Assert.False(GupPins.LooksPinned(stage.Machine.Policy, stage.Memory, folio));
        stage.AssertViolates("I27");
    }

    [Theory]
    [InlineData(0, false, false)]
    [InlineData(0, false, true)]
    [InlineData(2, false, false)]
    [InlineData(2, false, true)]
    [InlineData(2, true, false)]
    [InlineData(2, true, true)]
    public void Pins_are_counted_where_the_kernel_counts_them(int order, bool pmd, bool fast)
    {
        Stage stage = Anon(order, pmd);
        int n = order == 0 ? 1 : 3, slot = order == 0 ? 0 : 1;
        uint before = stage.Memory[new Page(0).Refcount];
        PageRange got = Get(stage, fast, slot, n);
        Assert.Equal(new PageRange(slot, n), got);
        Assert.Equal(before + (order == 0 ? 1024u : 3u), stage.Memory[new Page(0).Refcount]);
        if (order > 0) Assert.Equal(3u, stage.Memory[new Folio(0).Pincount]);
        Assert.True(GupPins.LooksPinned(Policy.Control, stage.Memory, new Folio(0)));
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Kind = HandleKind.Pin, Pfn = got.Pfn, Count = got.Count }));
        Assert.Equal(before, stage.Memory[new Page(0).Refcount]);
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void Unpinning_a_range_by_the_folios_own_count_gives_everything_back(int order)
    {
        Stage stage = Anon(order);
        PageRange got = Get(stage, true, 0, 1 << order);
        stage.Run(cpu => GupPut.UnpinUserPageRange(cpu, new Handle { Pfn = got.Pfn, Count = got.Count }));
        AssertNothingLeft(stage);
    }

    /// <summary>nr = min(left, folio_nr_pages - 0) is 0 where _nr_pages was never written (spec 3.9, [C]).</summary>
    [Fact]
    public void Unpinning_a_range_makes_no_progress_where_nr_pages_reads_0()
    {
        (Stage stage, int pfn) = Driver(new Policy { Cmp = Cmp.Rfc, Map = Map.Skip, Gup = Gup.Bias });
        PageRange got = Get(stage, true, 0, 2);
        Assert.Equal(new PageRange(pfn, 2), got);
        stage.AssertClean();
        stage.Machine.Judge.Enabled = false; // I06 would end it at the first read
        stage.Begin(cpu => GupPut.UnpinUserPageRange(cpu, new Handle { Pfn = got.Pfn, Count = got.Count }), 0);
        for (int i = 0; i < 10_000; i++) stage.Machine.Step(stage.Machine.Cpus[0]);
        Assert.False(stage.Machine.Cpus[0].Finished);
        Assert.Equal(2, stage.Ghost[stage.Ghost.ObjectOf(pfn)].Pins);
    }

    [Theory]
    [InlineData(Gup.Fail, Cmp.Main, false)]
    [InlineData(Gup.Fail, Cmp.Main, true)]
    [InlineData(Gup.Fail, Cmp.Rfc, false)]
    [InlineData(Gup.Fail, Cmp.Rfc, true)]
    public void GUP_FAIL_gets_no_driver_page_and_leaves_no_trace(Gup gup, Cmp cmp, bool fast)
    {
        (Stage stage, int pfn) = Driver(new Policy { Cmp = cmp, Map = Map.Skip, Gup = gup });
        uint before = stage.Memory[new Page(pfn).Refcount];
        Assert.Equal(0, Get(stage, fast, 0, 2).Count);
        Assert.Equal(0, Get(stage, fast, 0, 2, GupFlags.Get).Count);
        Assert.Equal(before, stage.Memory[new Page(pfn).Refcount]);
        stage.AssertClean();
    }

    [Theory]
    [InlineData(Cmp.Main)]
    [InlineData(Cmp.Rfc)]
    public void GUP_REFONLY_takes_references_that_nobody_sees_as_pins(Cmp cmp)
    {
        (Stage stage, int pfn) = Driver(new Policy { Cmp = cmp, Map = Map.Skip, Gup = Gup.RefOnly });
        uint before = stage.Memory[new Page(pfn).Refcount];
        Get(stage, true, 0, 1);
        Assert.Equal(before + 1, stage.Memory[new Page(pfn).Refcount]);
        stage.AssertViolates("I27");
    }

    [Fact]
    public void GUP_BIAS_counts_in_the_refcount_and_is_seen()
    {
        (Stage stage, int pfn) = Driver(new Policy { Cmp = Cmp.Rfc, Map = Map.Skip, Gup = Gup.Bias });
        uint before = stage.Memory[new Page(pfn).Refcount];
        PageRange got = Get(stage, true, 0, 2);
        Assert.Equal(before + 2 * 1024, stage.Memory[new Page(pfn).Refcount]);
        Assert.Equal(Layout.TailMapping, stage.Memory[new Page(pfn + 1).Mapping]);
        stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Pfn = got.Pfn, Count = got.Count }));
        Assert.Equal(before, stage.Memory[new Page(pfn).Refcount]);
        stage.AssertClean();
    }

    /// <summary>Spec 4.4, BIAS: a page that becomes rmappable between pin and unpin corrupts both counters.</summary>
    [Fact]
    public void GUP_BIAS_is_unbalanced_when_the_predicate_flips()
    {
        (Stage stage, int pfn) = Driver(new Policy { Map = Map.Skip, Gup = Gup.Bias });
        PageRange got = Get(stage, true, 0, 1);
        stage.Run(async cpu => { await cpu.Or(new Folio(pfn).SecondFlags, PageFlag.LargeRmappable, Step.A10); });
        stage.AssertClean();
        stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Pfn = got.Pfn, Count = got.Count }));
        Assert.Equal(uint.MaxValue, stage.Memory[new Folio(pfn).Pincount]);
        Assert.Equal(6u + 1023, stage.Memory[new Page(pfn).Refcount] + 1); // 1 of the driver, 4 mappings, and the rest of the bias
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I26");
    }

    [Fact]
    public void GUP_fast_undoes_a_reference_on_a_page_that_was_freed_and_allocated_again()
    {
        Stage stage = Anon(0);
        var got = new PageRange(-2, 0);
        stage.Begin(async cpu => { got = await GupFast.Range(cpu, 0, 0, 1, Pin); }, 1);
        stage.StepTo(1, Step.G3); // it has read the entry
        stage.Run(cpu => Zap.Slot(cpu, 0, 0));
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 7, 0, false));
        Assert.Equal(7u, (uint)stage.Memory[new Page(0).Index]); // page 0 again, mapped elsewhere
        stage.Finish(1);
        Assert.Equal(0, got.Count);
        Assert.Equal(1u, stage.Memory[new Page(0).Refcount]);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void I28_catches_GUP_fast_without_the_recheck_of_the_entry()
    {
        Stage stage = Anon(0, policy: new Policy { Deviations = Deviation.GupFastNoEntryRecheck });
        stage.Begin(async cpu => { await GupFast.Range(cpu, 0, 0, 1, Pin); }, 1);
        stage.StepTo(1, Step.G3);
        stage.Run(cpu => Zap.Slot(cpu, 0, 0));
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 7, 0, false));
        stage.Finish(1);
        stage.AssertViolates("I28");
    }

    [Fact]
    public void A_fork_between_makes_GUP_fast_give_its_pins_back()
    {
        Stage stage = Anon(2);
        var got = new PageRange(-2, 0);
        stage.Begin(async cpu => { got = await GupFast.Range(cpu, 0, 0, 1, Pin); }, 1);
        stage.StepTo(1, Step.G3);
        stage.Run(cpu => ForkCopy.Slot(cpu, 0, 1, 3)); // another page: only the sequence tells
        stage.Finish(1);
        Assert.Equal(0, got.Count);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void Pages_that_a_fork_shared_cannot_be_pinned_read_only()
    {
        Stage stage = Anon(0);
        stage.Run(cpu => ForkCopy.Slot(cpu, 0, 1, 0));
        Assert.Equal(0, Get(stage, true, 0, 1, GupFlags.Pin).Count);
        Assert.Equal(0, Get(stage, false, 0, 1, GupFlags.Pin).Count);
        Assert.Equal(1, Get(stage, true, 0, 1, GupFlags.Get).Count);
        stage.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_overflow_check_refuses_once_the_count_is_negative_and_Z28_goes_on(bool fast)
    {
        foreach (bool bug in new[] { false, true })
        {
            Stage stage = Anon(0, policy: bug ? new Z28().Plant(Policy.Control) : null);
            Handle opaque = stage.Call(cpu => OpaqueHolder.Take(cpu, 0, 0));
            Assert.Equal(0x7fff_0001u, stage.Memory[new Page(0).Refcount]);
            int pins = 0;
            while (pins < 200 && Get(stage, fast, 0, 1).Count == 1) pins++;
            if (bug)
            {
                stage.AssertViolates("I22");
                continue;
            }
            Assert.Equal(64, pins);
            Assert.True((int)stage.Memory[new Page(0).Refcount] < 0);
            stage.Machine.Judge.Audit(whole: true);
            for (; pins > 0; pins--) stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Pfn = 0, Count = 1 }));
            stage.Run(cpu => OpaqueHolder.Release(cpu, opaque));
            AssertNothingLeft(stage);
        }
    }

    [Fact]
    public void I15_catches_a_reference_on_a_folio_the_page_is_not_of()
    {
        Stage stage = Anon(2);
        stage.Run(async cpu =>
        {
            await FolioReferences.TryGet(cpu, new Page(0));
            cpu.Tell(MomentKind.SpeculativeGet, 9, 0);
        });
        stage.AssertViolates("I15");
    }

    [Fact]
    public void Z06_takes_its_reference_on_the_old_head_when_a_split_comes_between()
    {
        foreach (bool bug in new[] { true, false })
        {
            Stage stage = Anon(2, policy: bug ? new Z06().Plant(Policy.Control) : null);
            var got = new PageRange(-2, 0);
            stage.Begin(async cpu => { got = await GupFast.Range(cpu, 0, 3, 1, Pin); }, 1);
            stage.StepTo(1, Step.G3);
            stage.Machine.Step(stage.Machine.Cpus[1]); // page_folio(tail)
            stage.Run(cpu => SplitByAddress.Run(cpu, 0, 0, 0, uniform: true), 2);
            Assert.Equal(3, stage.Ghost[stage.Ghost.ObjectOf(3)].Head);
            stage.Finish(1);
            if (bug) stage.AssertViolates("I15");
            else AssertPinned(stage, got);
        }
    }

    /// <summary>The split is over and the entry is as it was: the second look at page_folio() finds page 3 a folio of its own.</summary>
    private static void AssertPinned(Stage stage, PageRange got)
    {
        Assert.Equal(new PageRange(3, 1), got);
        Assert.Equal(1025u, stage.Memory[new Page(3).Refcount]);
        Assert.Equal(1u, stage.Memory[new Page(0).Refcount]);
        stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Pfn = 3, Count = 1 }));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void Z39_believes_what_it_learned_before_it_held_a_reference()
    {
        foreach (bool bug in new[] { true, false })
        {
            Policy policy = bug ? new Z39().Plant(Policy.Control) : new Policy { Gup = Gup.Fail };
            Stage stage = Anon(2, policy: policy);
            stage.Begin(async cpu => { await GupFast.Range(cpu, 0, 0, 1, Pin); }, 1);
            stage.StepTo(1, Step.G3); // Z39 has asked by now
            for (int slot = 0; slot < 4; slot++) stage.Run(cpu => Zap.Slot(cpu, 0, slot));
            Handle driver = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.AfPacket, 2));
            Assert.Equal(0, driver.Pfn);
            stage.Finish(1);
            if (bug)
            {
                stage.AssertViolates("I15");
                Assert.Contains("Compound", stage.Violation!.Found, StringComparison.Ordinal);
            }
            else
            {
                stage.Run(cpu => DriverMemory.Free(cpu, driver));
                AssertNothingLeft(stage);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void I26_catches_a_pin_that_is_not_counted(int order)
    {
        Stage stage = Anon(order);
        Get(stage, true, 0, 1);
        if (order > 0) stage.Vandalise(new Folio(0).Pincount, 2);
        else
        {
            stage.Run(async cpu => { await cpu.Add(new Page(0).Refcount, -1, Step.Idle); });
            stage.AssertViolates("I22"); // sooner than the audit; with two pins in one bias:
            stage = Anon(order);
            Get(stage, true, 0, 1);
            stage.Ghost[stage.Ghost.ObjectOf(0)].Pins++;
        }
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I26");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void I27_catches_a_pin_that_folio_maybe_dma_pinned_does_not_see(int order)
    {
        Stage stage = Anon(order);
        Get(stage, true, 0, 1);
        stage.Vandalise(order > 0 ? new Folio(0).Pincount : new Page(0).Refcount, order > 0 ? 0u : 1000u);
        Assert.Contains(stage.Violation!.Invariant.Id, order > 0 ? ["I27"] : new[] { "I22", "I27" });
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void I29_catches_a_pinned_page_that_becomes_shareable(bool pmd, int exclusive)
    {
        Stage stage = Anon(2, pmd);
        Get(stage, true, 1, 1);
        stage.AssertClean();
        if (!pmd) stage.Run(async cpu => { await cpu.AndNot(new Page(0).Flags, PageFlag.AnonExclusive, Step.Idle); });
        stage.AssertClean(); // page 1 still has its own
        stage.Run(async cpu => { await cpu.AndNot(new Page(exclusive).Flags, PageFlag.AnonExclusive, Step.Idle); });
        stage.AssertViolates("I29");
    }

    [Fact]
    public void I29_catches_an_unmapping_that_does_not_look_for_pins()
    {
        Stage stage = Anon(2, policy: new Policy { Deviations = Deviation.ShareWithoutPinCheck });
        Get(stage, true, 1, 1);
        stage.Run(async cpu =>
        {
            await FolioReferences.Get(cpu, new Folio(0));
            await FolioUnmap.Unmap(cpu, new Folio(0), 2);
        });
        stage.AssertViolates("I29");
    }

    /// <summary>
    /// GUP-fast holds a stale entry while its page becomes a new folio. Under CMP=RFC the folio has its first reference before
    /// page_rmappable_folio() writes _pincount: the provisional pin lands in TAIL_MAPPING, is overwritten, and undone from 0.
    /// </summary>
    [Theory]
    [InlineData(Cmp.Main, 0)]
    [InlineData(Cmp.Rfc, -1)]
    public void A_provisional_pin_between_A9_and_A10_leaves_a_folio_with_a_negative_pincount(Cmp cmp, int left)
    {
        Stage stage = Anon(2, policy: new Policy { Cmp = cmp });
        var got = new PageRange(-2, 0);
        stage.Begin(async cpu => { got = await GupFast.Range(cpu, 0, 0, 1, Pin); }, 1);
        stage.StepTo(1, Step.G3); // the entry is read
        for (int slot = 0; slot < 4; slot++) stage.Run(cpu => Zap.Slot(cpu, 0, slot), 2);
        stage.Machine.Judge.Enabled = false; // I27 would stop at the provisional pin; what follows is the point
        stage.Begin(cpu => AnonMemory.Fault(cpu, 0, 8, 2, pmd: false), 2); // the same pages, mapped elsewhere
        stage.StepTo(2, Step.A10);
        stage.StepTo(1, Step.G7);
        stage.Finish(2);
        stage.Finish(1);
        Assert.True(got.Pfn < 0 || got.Count == 0, "the entry is gone: GUP-fast gives up");
        Assert.Equal(left, (int)stage.Memory[new Folio(0).Pincount]);
        Assert.Equal(4u, stage.Memory[new Page(0).Refcount]);
    }
}
