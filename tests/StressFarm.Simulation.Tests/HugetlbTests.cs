namespace StressFarm.Simulation.Tests;

/// <summary>Hugetlb, HVO and shared page tables (spec 3.15, 1.9).</summary>
public class HugetlbTests
{
    private static int Allocate(Stage stage, int cpu = 0) => stage.Call(c => HugetlbPool.Allocate(c, 0), cpu);

    [Fact]
    public void A_folio_of_the_pool_is_frozen_typed_and_optimised()
    {
        Stage stage = HugetlbStage.Grown();
        var folio = new Folio(0);
        Assert.Equal(0u, stage.Memory[folio.Refcount]);
        Assert.Equal(PageType.Hugetlb, stage.Memory[folio.Head.Type]);
        Assert.Equal(HugetlbFlag.Freed | HugetlbFlag.VmemmapOptimized, stage.Memory[folio.HugetlbFlags]);
        Assert.Equal([false, false, false, false, true, true, true, true], Enumerable.Range(0, 8).Select(stage.Machine.IsReadOnly));
        Assert.Equal(1UL, stage.Memory[stage.Machine.Cells.VmemmapFrames]);
        stage.AssertNothingLeft();
    }

    [Theory]
    [InlineData(Hvo.Off, Enc.Mask)]
    [InlineData(Hvo.RcuSync, Enc.Ptr)]
    public void Without_HVO_or_without_the_mask_every_tail_has_its_own_struct_page(Hvo hvo, Enc enc)
    {
        Stage stage = HugetlbStage.Grown(new Policy { Hvo = hvo, Enc = enc });
        Assert.DoesNotContain(Enumerable.Range(0, 16), stage.Machine.IsReadOnly);
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.VmemmapFrames]);
        stage.AssertNothingLeft();
    }

    [Fact]
    public void Allocation_takes_from_the_pool_then_a_surplus_folio_then_nothing()
    {
        Stage stage = HugetlbStage.Grown(systemOrder: 5);
        Assert.Equal(0, Allocate(stage));
        int surplus = Allocate(stage);
        Assert.True(surplus > 0);
        Assert.Equal(1UL, stage.Memory[stage.Machine.Cells.SurplusHugePages(0)]);
        Assert.Equal(-1, Allocate(stage));
        // The first to be freed is the surplus, whichever folio it is.
        stage.Run(cpu => FolioReferences.Put(cpu, stage.Ghost.FolioToken(0)));
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(0));
        stage.Run(cpu => FolioReferences.Put(cpu, stage.Ghost.FolioToken(surplus)));
        Assert.Equal(1UL, stage.Memory[stage.Machine.Cells.FreeHugePages(0)]);
        stage.AssertNothingLeft();
    }

    [Fact]
    public void A_mapped_folio_counts_in_entire_and_large_mapcount_only()
    {
        Stage stage = HugetlbStage.Grown();
        stage.Run(cpu => HugetlbMapping.Fault(cpu, 2, 1));
        var folio = new Folio(0);
        Assert.Equal((0, 0, 0u, 0UL), ((int)stage.Memory[folio.EntireMapcount], (int)stage.Memory[folio.LargeMapcount], stage.Memory[folio.NrPagesMapped], stage.Memory[folio.MmIds]));
        stage.Audit();
        stage.Run(cpu => Zap.Slot(cpu, 2, 8));
        Assert.Equal(0u, stage.Memory[folio.Refcount]);
        stage.AssertNothingLeft();
    }

    /// <summary>Restoring needs frames: without them the folio goes back to the pool, as surplus.</summary>
    [Fact]
    public void A_folio_whose_vmemmap_cannot_be_restored_stays()
    {
        Stage stage = HugetlbStage.Grown();
        int frames = stage.Call(cpu => VmemmapRemap.TakeFrames(cpu, 1));
        Assert.Equal(1, frames);
        Assert.False(stage.Call(cpu => HugetlbPool.Shrink(cpu, 0)));
        Assert.Equal(1UL, stage.Memory[stage.Machine.Cells.SurplusHugePages(0)]);
        Assert.True(stage.Machine.IsReadOnly(4));
        stage.Run(cpu => HandleRelease.Run(cpu, new Handle { Kind = HandleKind.VmemmapFrames, Count = frames }, 0));
        stage.AssertNothingLeft();
    }

    [Fact]
    public void Demotion_makes_two_folios_of_one()
    {
        Stage stage = HugetlbStage.Grown().Run(HugetlbDemotion.Demote);
        Cells cells = stage.Machine.Cells;
        Assert.Equal((0UL, 2UL), (stage.Memory[cells.NrHugePages(0)], stage.Memory[cells.FreeHugePages(1)]));
        foreach (int head in new[] { 0, 4 })
        {
            Assert.Equal(PageType.Hugetlb, stage.Memory[new Page(head).Type]);
            Assert.Equal(head, CompoundPages.HeadOf(Policy.Control, head + 3, stage.Memory[new Page(head + 3).Info]));
        }
        stage.AssertNothingLeft();
    }

    [Fact]
    public void Boot_writes_only_the_vmemmap_page_that_stays()
    {
        Stage stage = HugetlbStage.New().Run(HugetlbDemotion.Boot);
        for (int word = 0; word < Layout.WordsPerPage; word++)
            Assert.Equal(VmemmapRemap.TailWord(Policy.Control, 3, word), stage.Memory[new Word(6 * Layout.WordsPerPage + word)]);
        stage.AssertNothingLeft();
    }

    [Fact]
    public void Boot_and_demotion_leave_folio_fields_out_once_CMP_separates_them()
    {
        var rfc = new Policy { Cmp = Cmp.Rfc };
        Stage boot = HugetlbStage.New(rfc).Run(HugetlbDemotion.Boot);
        boot.Audit();
        boot.AssertViolates("I06");
        Stage demoted = HugetlbStage.Grown(rfc).Run(HugetlbDemotion.Demote);
        demoted.Audit();
        Assert.NotNull(demoted.Violation);
        Stage grown = HugetlbStage.Grown(rfc);
        grown.Audit();
        grown.AssertClean();
    }

    /// <summary>A read-side section holds HVO up.</summary>
    [Fact]
    public void Optimising_waits_for_speculative_getters()
    {
        Stage stage = HugetlbStage.New();
        int small = stage.Folio(0);
        stage.Begin(async cpu => { await FolioReferences.TryGet(cpu, new Page(small)); }, cpu: 1);
        stage.StepTo(1, Step.RefRead);
        stage.Begin(async cpu => { await HugetlbPool.Grow(cpu); }, cpu: 2);
        Cpu grower = stage.Machine.Cpus[2];
        while ((stage.Machine.Runnable & 4) != 0) stage.Machine.Step(grower);
        Assert.Equal(Step.HvoSync, grower.Pending.Step);
        stage.Finish(1);
        stage.Finish(2);
        stage.AssertClean();
    }

    private static readonly Policy s_noSync = new() { Hvo = Hvo.NoSync };

    /// <summary>Z20: the page is in use at the read, a read-only tail at the exchange.</summary>
    [Fact]
    public void Z20_a_getter_writes_to_a_page_that_became_read_only()
    {
        Stage stage = Race(s_noSync);
        stage.Run(async cpu => { await HugetlbPool.Grow(cpu); });
        Assert.True(stage.Machine.IsReadOnly(4));
        stage.Finish(1);
        stage.AssertViolates("I50");
        Assert.Equal("_refcount", stage.Violation!.Field);
        // The twin waits.
        Stage twin = Race(Policy.Control);
        twin.Begin(async cpu => { await HugetlbPool.Grow(cpu); }, cpu: 0);
        while ((twin.Machine.Runnable & 1) != 0) twin.Step(0);
        twin.Finish(1);
        twin.Finish(0);
        twin.AssertClean();

        static Stage Race(Policy policy)
        {
            Stage stage = HugetlbStage.New(policy, systemOrder: 3);
            int lower = stage.Folio(2), page = stage.Folio(0);
            Assert.Equal(4, page);
            stage.Begin(async cpu => { await FolioReferences.TryGet(cpu, new Page(page)); }, cpu: 1);
            while (stage.Machine.Cpus[1].Pending.Kind != AccessKind.CmpXchg32) stage.Step(1);
            stage.Run(cpu => FolioReferences.Put(cpu, new Folio(page)));
            stage.Run(cpu => FolioReferences.Put(cpu, new Folio(lower)));
            stage.Run(cpu => BuddyAllocator.DrainPcp(cpu, 0));
            return stage;
        }
    }

    /// <summary>Z16: at the free the folio is unlinked from what is no list.</summary>
    [Fact]
    public void Z16_hugetlb_words_lie_over_the_deferred_list()
    {
        foreach (Deviation deviation in new[] { Deviation.HugetlbOverDeferredList, Deviation.None })
        {
            Stage stage = HugetlbStage.Grown(HugetlbStage.With(deviation));
            stage.Run(async cpu => { await HugetlbPool.Shrink(cpu, 0); });
            if (deviation == Deviation.None) stage.AssertNothingLeft();
            else stage.AssertViolates("I38");
        }
    }

    /// <summary>Z17: between PG_head and bit 8 of page[1] the folio is split, and page[1] is an active one.</summary>
    [Fact]
    public void Z17_an_active_page_is_taken_for_hugetlb()
    {
        foreach (Deviation deviation in new[] { Deviation.HugetlbFlagInSecondPage, Deviation.None })
        {
            Stage stage = HugetlbStage.New(HugetlbStage.With(deviation));
            int pfn = stage.Anon(0, 2);
            stage.Run(cpu => Operation<FolioActivate>.Instance.Run(cpu, SlotOperation.Call<FolioActivate>(mm: 0, slot: 0)));
            bool taken = false;
            stage.Begin(async cpu => { taken = await HugetlbTest.IsHugetlb(cpu, pfn, Step.W2); }, cpu: 1);
            if (deviation != Deviation.None) stage.Step(1);
            stage.Run(cpu => SplitByAddress.Run(cpu, 0, 0, 0, uniform: true));
            stage.AssertClean();
            stage.Finish(1);
            Assert.Equal(deviation != Deviation.None, taken);
            if (taken) stage.AssertViolates("I19b");
            else stage.AssertNothingLeft();
        }
    }

    /// <summary>Z19: with a walker's reference the last sharer believes in another one.</summary>
    [Fact]
    public void Z19_a_walker_is_counted_as_a_sharer()
    {
        foreach (Deviation deviation in new[] { Deviation.PmdSharersByRefcount, Deviation.None })
        {
            Stage stage = HugetlbStage.Grown(HugetlbStage.With(deviation));
            stage.Run(cpu => SharedPageTable.Share(cpu, 0)).Run(cpu => SharedPageTable.Share(cpu, 1)).Run(cpu => SharedPageTable.Unshare(cpu, 1));
            int table = (int)stage.Memory[stage.Machine.Cells.SharedTable] - 1;
            Assert.Equal(table, stage.Call(cpu => SpeculativeGet.Nt(cpu, table, Step.W2), cpu: 1));
            stage.Run(cpu => SharedPageTable.Unshare(cpu, 0));
            stage.Run(cpu => FolioReferences.Put(cpu, new Folio(table)), cpu: 1);
            if (deviation == Deviation.None) stage.AssertNothingLeft();
            else stage.AssertViolates("I21c");
        }
    }

    /// <summary>Z29: one thread.</summary>
    [Fact]
    public void Z29_the_allocations_reference_is_never_put()
    {
        foreach (Deviation deviation in new[] { Deviation.MemfdKeepsReference, Deviation.None })
        {
            Stage stage = HugetlbStage.Grown(HugetlbStage.With(deviation));
            int pfn = stage.Call(HugetlbFiles.Pin);
            stage.Run(cpu => HugetlbFiles.Close(cpu, new Handle { Kind = HandleKind.MemfdFolio, Pfn = pfn, Life = stage.Ghost.LifeOf(pfn) }));
            stage.Audit();
            if (deviation == Deviation.None) stage.AssertNothingLeft();
            else stage.AssertViolates("I21");
        }
    }

    // Planted violations.

    /// <summary>A word of a read-only tail that no other invariant reads.</summary>
    [Fact]
    public void I50_catches_a_write_to_a_shared_tail()
    {
        HugetlbStage.Grown().Vandalise(new Page(6).Index, 5).AssertViolates("I50");
        HugetlbStage.Grown().Vandalise(new Page(3).Index, 5).AssertClean();
    }

    [Fact]
    public void I50_catches_a_shared_frame_that_reads_otherwise()
    {
        Stage stage = HugetlbStage.Grown();
        stage.Machine.Lay(new Page(6).Index, 5); // by a way that no MMU sees
        stage.Audit();
        stage.AssertViolates("I50");
    }

    [Fact]
    public void I51_catches_a_type_that_goes_before_the_tails_are_back()
    {
        Stage stage = HugetlbStage.Grown();
        stage.Run(cpu => HugetlbTest.Clear(cpu, 0, Step.HtlbFree)).AssertViolates("I51");
    }

    [Fact]
    public void I51_catches_a_folio_that_is_freed_with_its_type()
    {
        Stage stage = HugetlbStage.Grown(new Policy { Hvo = Hvo.Off });
        stage.Run(cpu => BuddyAllocator.FreeFrozen(cpu, 0, 3)).AssertViolates("I51");
    }

    [Theory]
    [InlineData("free_huge_pages")]
    [InlineData("hugepage_freelists")]
    public void I51_catches_a_pool_that_is_not_what_it_counts(string field)
    {
        Stage stage = HugetlbStage.Grown();
        if (field == "free_huge_pages") stage.Vandalise(stage.Machine.Cells.FreeHugePages(0), 2);
        else stage.Vandalise(new Folio(0).HugetlbFlags, HugetlbFlag.VmemmapOptimized);
        stage.Audit();
        stage.AssertViolates("I51");
        Assert.Equal(field, stage.Violation!.Field);
    }

    [Fact]
    public void I20_catches_a_reference_on_a_folio_of_the_pool() =>
        HugetlbStage.Grown().Run(async cpu => { await cpu.Add(new Page(0).Refcount, 1, Step.Idle); }).AssertViolates("I20");

    [Fact]
    public void I21c_catches_a_table_that_is_left_behind()
    {
        Stage stage = HugetlbStage.Grown().Run(cpu => SharedPageTable.Share(cpu, 0));
        stage.Vandalise(stage.Machine.Cells.SharedPuds, 0);
        stage.Audit();
        stage.AssertViolates("I21c");
    }

    [Fact]
    public void I38_catches_a_folio_that_is_taken_off_a_list_it_is_not_on()
    {
        Stage stage = HugetlbStage.New();
        int pfn = stage.Folio(2);
        stage.Vandalise(new Folio(pfn).DeferredList, stage.Memory.AddressOf(new Page(9).Info));
        stage.Run(cpu => DeferredSplit.Unqueue(cpu, new Folio(pfn), 2)).AssertViolates("I38");
    }
}
