namespace StressFarm.Simulation.Tests;

/// <summary>memory_failure, unpoison_memory and what they meet (spec 3.13).</summary>
public class HwPoisonTests
{
    private static Policy With(Deviation deviation) => HugetlbStage.With(deviation);

    [Fact]
    public void A_free_page_is_taken_off_the_buddy_and_put_back()
    {
        Stage stage = HugetlbStage.New().Fail(5);
        Assert.Equal((Owner.HwpTaken, 1u), (stage.Ghost.OwnerOf(5), stage.Memory[new Page(5).Refcount]));
        Assert.All(Enumerable.Range(0, 16).Where(p => p != 5), p => Assert.Equal(Owner.Buddy, stage.Ghost.OwnerOf(p)));
        stage.Audit();
        stage.Run(cpu => PoisonRemoval.Unpoison(cpu, 5));
        Assert.Equal(Owner.Buddy, stage.Ghost.OwnerOf(5));
        Assert.False(stage.Poisoned(5));
        stage.AssertNothingLeft();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void An_anonymous_page_is_split_off_unmapped_and_kept(int order)
    {
        Stage stage = HugetlbStage.New();
        int pfn = stage.Anon(0, order) + (1 << order) - 1;
        stage.Fail(pfn);
        Assert.True(stage.Poisoned(pfn));
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.Pte(0, (1 << order) - 1)]);
        Assert.Equal(0, stage.Ghost[stage.Ghost.ObjectOf(pfn)].Order);
        Assert.Equal(1u, stage.Memory[new Page(pfn).Refcount]);
        stage.Audit();
        stage.Run(cpu => PoisonRemoval.Unpoison(cpu, pfn));
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        stage.AssertNothingLeft();
    }

    /// <summary>A folio that others hold cannot be split: it stays, marked; and its free keeps the page back.</summary>
    [Fact]
    public void A_folio_that_cannot_be_split_is_marked_and_its_page_kept_at_free()
    {
        Stage stage = HugetlbStage.New();
        int pfn = stage.Anon(0, 2);
        stage.Run(cpu => FolioReferences.Get(cpu, stage.Ghost.FolioToken(pfn)), cpu: 1);
        stage.Fail(pfn + 3);
        Assert.NotEqual(0UL, stage.Memory[new Folio(pfn).SecondFlags] & PageFlag.HasHwpoisoned);
        stage.Audit();
        stage.Run(async cpu => { for (int i = 0; i < 4; i++) await Zap.Slot(cpu, 0, i); });
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(pfn)), cpu: 1);
        Assert.Equal(Owner.HwpTaken, stage.Ghost.OwnerOf(pfn + 3));
        Assert.NotEqual(Owner.HwpTaken, stage.Ghost.OwnerOf(pfn + 2));
        stage.AssertNothingLeft();
    }

    [Fact]
    public void A_split_to_smaller_folios_marks_the_one_with_the_page()
    {
        Stage stage = HugetlbStage.New();
        int pfn = stage.Anon(0, 3);
        stage.Run(cpu => FolioReferences.Get(cpu, stage.Ghost.FolioToken(pfn)), cpu: 1);
        stage.Fail(pfn + 6);
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(pfn)), cpu: 1);
        stage.Run(cpu => SplitByAddress.Run(cpu, 0, 0, 2, uniform: true));
        Assert.Equal(0UL, stage.Memory[new Folio(pfn).SecondFlags] & PageFlag.HasHwpoisoned);
        Assert.NotEqual(0UL, stage.Memory[new Folio(pfn + 4).SecondFlags] & PageFlag.HasHwpoisoned);
        stage.AssertNothingLeft();
    }

    [Fact]
    public void A_slab_page_is_refused_and_not_marked()
    {
        Stage stage = HugetlbStage.New();
        int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 1));
        stage.Fail(pfn + 1);
        Assert.False(stage.Poisoned(pfn + 1));
        stage.Run(cpu => SlabMemory.Kfree(cpu, new Page(pfn), pfn));
        stage.AssertNothingLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_page_of_a_hugetlb_folio_is_taken_out_of_it(bool mapped)
    {
        Stage stage = HugetlbStage.Grown();
        if (mapped) stage.Run(cpu => HugetlbMapping.Fault(cpu, 2, 0));
        stage.Fail(6);
        Assert.Equal((Owner.HwpTaken, 1u), (stage.Ghost.OwnerOf(6), stage.Memory[new Page(6).Refcount]));
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.NrHugePages(0)]);
        Assert.False(stage.Poisoned(0));
        stage.AssertNothingLeft();
    }

    [Fact]
    public void A_hugetlb_folio_in_use_keeps_its_poison_and_the_pool_passes_it_over()
    {
        Stage stage = HugetlbStage.Grown();
        Assert.Equal(0, stage.Call(cpu => HugetlbPool.Allocate(cpu, 0)));
        stage.Fail(6, cpu: 1);
        Assert.Equal(1UL << 6, stage.Memory[new Folio(0).HugetlbHwpoison]);
        stage.Run(cpu => FolioReferences.Put(cpu, stage.Ghost.FolioToken(0)));
        Assert.NotEqual(0, stage.Call(cpu => HugetlbPool.Allocate(cpu, 0)));
        stage.Run(HugetlbDemotion.Demote);
        Assert.Equal(3, stage.Ghost[stage.Ghost.ObjectOf(0)].Order);
        stage.Audit();
        stage.AssertClean();
    }

    [Fact]
    public void Check_new_pages_loses_a_block_with_a_poisoned_page()
    {
        foreach (Checks checks in Enum.GetValues<Checks>())
        {
            Stage stage = HugetlbStage.New(new Policy { Checks = checks });
            stage.Vandalise(new Page(1).Flags, PageFlag.ZoneNormal | PageFlag.HwPoison);
            int pfn = stage.Call(cpu => BuddyAllocator.AllocPages(cpu, 1, Alloc.Folio, Owner.Folio));
            if (checks == Checks.On) Assert.Equal((2, Owner.HwpTaken), (pfn, stage.Ghost.OwnerOf(0)));
            else stage.AssertViolates("I52"); // a production kernel hands it out
        }
    }

    /// <summary>Z23: the second failure is recorded after the first was moved.</summary>
    [Fact]
    public void Z23_poison_is_recorded_where_nobody_reads_it_any_more()
    {
        foreach (Deviation deviation in new[] { Deviation.PoisonMovedWhileHugetlb, Deviation.None })
        {
            Stage stage = HugetlbStage.Grown(With(deviation));
            stage.Call(cpu => HugetlbPool.Allocate(cpu, 0));
            stage.Fail(6, cpu: 1);
            stage.Run(cpu => FolioReferences.Put(cpu, stage.Ghost.FolioToken(0)));
            stage.Begin(async cpu => { await HugetlbPool.Shrink(cpu, 0); }, cpu: 0);
            // Past the move where the bug has it, past the type where it was mended.
            if (deviation == Deviation.None) stage.StepTo(0, Step.HtlbMovePoison);
            else while (!stage.Poisoned(6)) stage.Step(0);
            stage.Fail(5, cpu: 1);
            stage.Finish(0);
            if (deviation == Deviation.None) stage.AssertNothingLeft();
            else stage.AssertViolates("I52");
        }
    }

    /// <summary>Z24: the folio is demoted between the look and the mark.</summary>
    [Fact]
    public void Z24_the_mark_goes_to_a_folio_that_lost_the_page()
    {
        foreach (Deviation deviation in new[] { Deviation.HugetlbTestWithoutLock, Deviation.None })
        {
            Stage stage = HugetlbStage.Grown(With(deviation));
            stage.Begin(cpu => MemoryFailure.Fail(cpu, 6), cpu: 1);
            if (deviation != Deviation.None) stage.StepTo(1, Step.MfRecord);
            stage.Run(HugetlbDemotion.Demote);
            stage.Finish(1);
            if (deviation == Deviation.None) stage.AssertNothingLeft();
            else stage.AssertViolates("I52");
        }
    }

    /// <summary>Z25: between the drain and the taking off somebody allocates the dissolved block.</summary>
    [Fact]
    public void Z25_a_page_that_somebody_else_has_is_held_as_taken_off()
    {
        foreach (Deviation deviation in new[] { Deviation.DissolvedMeansTakenOff | Deviation.PoisonAsRead, Deviation.PoisonAsRead, Deviation.None })
        {
            Stage stage = HugetlbStage.Grown(With(deviation), systemOrder: 3);
            stage.Begin(cpu => MemoryFailure.Fail(cpu, 6), cpu: 1);
            stage.StepTo(1, Step.TakeOff);
            stage.Run(async cpu => { await BuddyAllocator.AllocPages(cpu, 3, Alloc.Plain, Owner.Block); });
            stage.Finish(1);
            if ((deviation & Deviation.DissolvedMeansTakenOff) != 0) stage.AssertViolates("I52");
            else stage.AssertClean();
        }
    }

    /// <summary>Z27: one thread.</summary>
    [Fact]
    public void Z27_unpoisoning_the_huge_zero_folio_puts_a_reference_that_nobody_took()
    {
        foreach (Deviation deviation in new[] { Deviation.UnpoisonHugeZero, Deviation.None })
        {
            Stage stage = HugetlbStage.New(With(deviation));
            Handle zero = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.HugeZero, 2));
            stage.Fail(zero.Pfn, cpu: 1).Run(cpu => PoisonRemoval.Unpoison(cpu, zero.Pfn), cpu: 1);
            if (deviation != Deviation.None) stage.AssertViolates("I22");
            else stage.Run(cpu => DriverMemory.Free(cpu, zero)).AssertNothingLeft();
        }
    }

    /// <summary>Z18, with slabs that hold a reference: a full slab leaves its list, and the word that is mapping reads LIST_POISON2.</summary>
    [Fact]
    public void Z18_a_slab_is_taken_for_a_drivers_movable_page()
    {
        foreach (Deviation deviation in new[] { Deviation.MovableWithoutSlabCheck, Deviation.None })
        {
            Stage stage = HugetlbStage.New(With(deviation) with { SlabRef = SlabRef.Counted });
            int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 0));
            for (int i = 1; i < SlabMemory.ObjectsPerSlab; i++) stage.Call(cpu => SlabMemory.Take(cpu, new Page(pfn)));
            stage.Run(async cpu => { await PfnWalkers.Compact(cpu, pfn); }, cpu: 1);
            if (deviation == Deviation.None) stage.AssertClean();
            else stage.AssertViolates("I19b");
        }
    }

    /// <summary>Z38 and K-6: has_hwpoisoned is set between the read and the write of the order, and only then is it lost.</summary>
    [Theory]
    [InlineData(Deviation.HasHwpoisonedBeforeReference, false)]
    [InlineData(Deviation.HasHwpoisonedBeforeReference, true)]
    [InlineData(Deviation.None, false)]
    public void Z38_the_write_of_the_order_takes_a_bit_back(Deviation deviation, bool oneAccess)
    {
        Stage stage = HugetlbStage.New(With(deviation));
        stage.Machine.OrderIsOneAccess = oneAccess;
        int pfn = stage.Anon(0, 3);
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 2, uniform: true), cpu: 0);
        // The original's order, after the new folio's: where page[1] of the folio at pfn is about to be written.
        Cpu splitter = stage.Machine.Cpus[0];
        int word = new Folio(pfn).SecondFlags.Index;
        AccessKind kind = oneAccess ? AccessKind.Burst : AccessKind.Store;
        while (!(splitter.Pending.Step == Step.C3 && splitter.Pending.Kind == kind && splitter.Pending.Location == word)) stage.Step(0);
        stage.Begin(cpu => MemoryFailure.Fail(cpu, pfn), cpu: 1);
        Cpu failing = stage.Machine.Cpus[1];
        if (deviation == Deviation.None) stage.StepTo(1, Step.MfGet);
        else while (failing.Pending.Kind != AccessKind.Load || failing.Pending.Step != Step.MfGet) stage.Step(1);
        stage.Finish(0);
        stage.Finish(1);
        if (deviation != Deviation.None && !oneAccess) stage.AssertViolates("I52");
        else stage.AssertNothingLeft();
        stage.Machine.OrderIsOneAccess = false;
    }

    // Planted violations.

    [Fact]
    public void I52_catches_a_poisoned_page_on_a_free_list()
    {
        Stage stage = HugetlbStage.New();
        stage.Vandalise(new Page(3).Flags, PageFlag.ZoneNormal | PageFlag.HwPoison);
        stage.Audit();
        stage.AssertViolates("I52");
    }

    [Fact]
    public void I52_catches_a_large_folio_that_is_not_marked()
    {
        Stage stage = HugetlbStage.New();
        int pfn = stage.Anon(0, 2);
        stage.Run(cpu => FolioReferences.Get(cpu, stage.Ghost.FolioToken(pfn)), cpu: 1);
        stage.Fail(pfn + 2).AssertClean();
        stage.Run(async cpu => { await cpu.AndNot(new Folio(pfn).SecondFlags, PageFlag.HasHwpoisoned, Step.Idle); });
        stage.Audit();
        stage.AssertViolates("I52");
        Assert.Equal("has_hwpoisoned", stage.Violation!.Field);
    }

    [Fact]
    public void I52_catches_a_record_that_is_lost()
    {
        Stage stage = HugetlbStage.Grown();
        stage.Call(cpu => HugetlbPool.Allocate(cpu, 0));
        stage.Fail(6, cpu: 1);
        stage.Vandalise(new Folio(0).HugetlbHwpoison, 0);
        stage.Audit();
        stage.AssertViolates("I52");
    }
}
