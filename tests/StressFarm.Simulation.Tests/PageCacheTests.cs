namespace StressFarm.Simulation.Tests;

/// <summary>The page cache and the swap cache, directed, and the invariants about them.</summary>
public class PageCacheTests
{
    private const int File = 0, Shmem = PageCache.Shmem;

    private static Stage Cached(int order, int size = 16, Policy? policy = null, int mapping = File)
    {
        var stage = new Stage(policy);
        stage.Run(cpu => FileTruncate.Run(cpu, mapping, size)).Run(cpu => PageCache.Add(cpu, mapping, 0, order));
        stage.AssertClean();
        return stage;
    }

    private static int At(Stage stage, int index, int mapping = File) => stage.Memory.PfnAt(XArray.Peek(stage.Machine, mapping, index));

    private static Op SplitAt(Cpu cpu, int mapping, int index, int newOrder, bool uniform) =>
        Operation<SplitInFile>.Instance.Run(cpu, SplitInFile.Call(mapping, index, order: newOrder, around: !uniform));

    private static void AssertNothingLeft(Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertClean();
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
        for (int i = 0; i < PageCache.Slots; i++) Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.XaSlot(File, i)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_folio_is_found_at_every_index_it_covers_and_its_cache_holds_a_reference_a_page(int order)
    {
        Stage stage = Cached(order);
        for (int i = 0; i < 1 << order; i++) Assert.Equal(At(stage, 0), stage.Call(cpu => PageCache.GetEntry(cpu, File, i)));
        Assert.Equal(-1, stage.Call(cpu => PageCache.GetEntry(cpu, File, 1 << order)));
        var folio = new Folio(At(stage, 0));
        Assert.Equal((1u << order) + (1u << order), stage.Memory[folio.Refcount]);
        stage.Run(cpu => FolioReferences.Put(cpu, folio, 1 << order));
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(3, 0, true, 0)]
    [InlineData(3, 1, true, 5)]
    [InlineData(3, 0, false, 5)]
    [InlineData(2, 1, false, 3)]
    [InlineData(1, 0, true, 1)]
    public void After_a_split_every_index_leads_to_the_part_that_covers_it(int order, int newOrder, bool uniform, int at)
    {
        Stage stage = Cached(order);
        int first = At(stage, 0);
        stage.Run(cpu => SplitAt(cpu, File, at, newOrder, uniform), 1).AssertClean();
        for (int i = 0; i < 1 << order; i++)
        {
            ref GhostObject o = ref stage.Ghost[stage.Ghost.ObjectOf(first + i)];
            Assert.Equal(o.Head, At(stage, i));
            Assert.Equal((uint)o.Pages, stage.Memory[new Page(o.Head).Refcount]);
            if (uniform) Assert.Equal(newOrder, o.Order);
        }
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(3)]
    [InlineData(1)]
    public void Truncation_in_the_middle_of_a_folio_splits_it_and_frees_what_lies_behind(int size)
    {
        Stage stage = Cached(3, size: 8);
        int first = At(stage, 0);
        stage.Run(cpu => FileTruncate.Run(cpu, File, size)).AssertClean();
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(i < size, At(stage, i) >= 0);
            Assert.Equal(i < size, stage.Ghost.ObjectOf(first + i) != Ghost.NoObject);
        }
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_lookup_waits_for_the_split_and_gets_the_part()
    {
        Stage stage = Cached(3);
        int first = At(stage, 0), got = -1;
        stage.Begin(cpu => SplitAt(cpu, File, 5, 0, uniform: false), 1);
        stage.StepTo(1, Step.S12);
        stage.Begin(async cpu => { got = await PageCache.GetEntry(cpu, File, 6); }, 2);
        for (int i = 0; i < 20; i++) stage.Machine.Step(stage.Machine.Cpus[2]);
        Assert.Equal(-1, got);
        stage.Finish(1);
        stage.Finish(2);
        stage.AssertClean();
        Assert.Equal(stage.Ghost[stage.Ghost.ObjectOf(first + 6)].Head, got);
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(got)), 2);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_reference_taken_through_a_slot_that_changed_is_put_back()
    {
        Stage stage = Cached(0);
        int page = At(stage, 0), got = 0;
        stage.Begin(async cpu => { got = await PageCache.GetEntry(cpu, File, 0); }, 2);
        stage.StepTo(2, Step.CacheTryGet);
        stage.Run(cpu => FileTruncate.Run(cpu, File, 0));
        Assert.Equal(page, stage.Folio(0)); // the same page, somebody else's
        stage.Finish(2);
        Assert.Equal(-1, got);
        Assert.Equal(1u, stage.Memory[new Page(page).Refcount]);
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(page)));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void Truncation_unmaps_and_a_pin_keeps_the_page_alive_until_it_goes()
    {
        Stage stage = Cached(2);
        int first = At(stage, 0);
        stage.Run(cpu => FileMemory.Fault(cpu, 0, File, 1)).Run(cpu => FileMemory.Fault(cpu, 1, File, 1));
        PageRange got = stage.Call(cpu => GupFast.Range(cpu, 0, FileMemory.SlotOf(File, 1), 1, GupFlags.Pin | GupFlags.Write), 2);
        Assert.Equal((first + 1, 1), (got.Pfn, got.Count));
        stage.Run(cpu => SplitAt(cpu, File, 0, 0, uniform: true), 1).AssertClean();
        Assert.Equal(2, stage.Ghost[stage.Ghost.ObjectOf(first)].Order); // -EAGAIN
        stage.Run(cpu => FileTruncate.Run(cpu, File, 0), 1).AssertClean();
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.Pte(1, FileMemory.SlotOf(File, 1))]);
        Assert.Equal(0UL, stage.Memory[new Page(first).Mapping]);
        stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Pfn = first + 1, Count = 1 }), 2);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_fault_that_meets_a_truncation_maps_nothing()
    {
        Stage stage = Cached(0);
        stage.Begin(cpu => FileMemory.Fault(cpu, 0, File, 0), 2);
        stage.StepTo(2, Step.FolioLock);
        stage.Run(cpu => FileTruncate.Run(cpu, File, 0));
        stage.Finish(2);
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.Pte(0, FileMemory.SlotOf(File, 0))]);
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_shmem_folio_goes_to_the_swap_cache_and_comes_back(int order)
    {
        Stage stage = Cached(order, mapping: Shmem);
        int first = At(stage, 0, Shmem);
        stage.Run(cpu => ShmemSwap.Out(cpu, 0)).AssertClean();
        Assert.True(XArray.IsValue(XArray.Peek(stage.Machine, Shmem, 0)));
        Assert.Equal(0UL, stage.Memory[new Page(first).Mapping]);
        Assert.Equal(1u << order, stage.Memory[new Page(first).Refcount]);
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(cpu => ShmemSwap.In(cpu, (1 << order) - 1)).AssertClean();
        Assert.Equal(first, At(stage, 0, Shmem));
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.SwapSlot(0)]);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void An_anonymous_folio_in_the_swap_cache_splits_to_single_pages_only_and_its_entries_follow()
    {
        var stage = new Stage();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => SwapCache.AddMapped(cpu, 0, 1));
        Assert.Equal(8u, stage.Memory[new Page(0).Refcount]);
        stage.Run(cpu => SplitByAddress.Run(cpu, 0, 1, 0, uniform: false), 1);
        Assert.Equal(2, stage.Ghost[stage.Ghost.ObjectOf(0)].Order);
        stage.Run(cpu => SplitByAddress.Run(cpu, 0, 1, 0, uniform: true), 1).AssertClean();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(stage.Memory.AddressOf(new Page(i)), stage.Memory[stage.Machine.Cells.SwapSlot(i)]);
            Assert.Equal((SwapCache.EntryValue(i), 2u), (stage.Memory[new Page(i).Private], stage.Memory[new Page(i).Refcount]));
            Assert.NotEqual(0UL, stage.Memory[new Page(i).Flags] & PageFlag.SwapCache);
        }
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Migration_moves_what_the_caches_hold(bool swapped)
    {
        Stage stage = Cached(2, mapping: Shmem);
        int first = At(stage, 0, Shmem);
        if (swapped) stage.Run(cpu => ShmemSwap.Out(cpu, 0));
        stage.Run(cpu => CacheMigration.Run(cpu, first), 1).AssertClean();
        int now = swapped ? stage.Memory.PfnAt(stage.Memory[stage.Machine.Cells.SwapSlot(3)]) : At(stage, 3, Shmem);
        Assert.NotEqual(first, now);
        Assert.Equal(4u, stage.Memory[new Page(now).Refcount]);
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(first));
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(Spl.XaIntermediate, "I40")]
    [InlineData(Spl.OrigFirst, "I40")]
    [InlineData(Spl.Today, null)]
    public void Z03_a_slot_leads_to_a_part_that_does_not_cover_it(Spl spl, string? invariant)
    {
        Stage stage = Cached(3, policy: new Policy { Spl = spl });
        stage.Run(cpu => SplitAt(cpu, File, 6, 0, uniform: false), 1);
        if (invariant is null) stage.AssertClean();
        else stage.AssertViolates(invariant);
    }

    /// <summary>The race itself: what the slot says is judged the moment it can be got, so here the judge is off until the lookup has returned.</summary>
    [Theory]
    [InlineData(Spl.XaIntermediate, true)]
    [InlineData(Spl.Today, false)]
    public void Z03_a_lookup_returns_another_part_of_the_file(Spl spl, bool wrong)
    {
        Stage stage = Cached(3, policy: new Policy { Spl = spl });
        int first = At(stage, 0), got = -1;
        stage.Machine.Judge.Enabled = false;
        stage.Begin(cpu => SplitAt(cpu, File, 6, 0, uniform: false), 1);
        // Until page 6 is unfrozen and index 7's slot is still to be stored.
        while (stage.Memory[new Page(first + 6).Refcount] == 0) stage.Machine.Step(stage.Machine.Cpus[1]);
        stage.Begin(async cpu => { got = await PageCache.GetEntry(cpu, File, 7); }, 2);
        for (int i = 0; i < 8 && got < 0; i++) stage.Machine.Step(stage.Machine.Cpus[2]);
        Assert.Equal(wrong ? first + 6 : -1, got);
        stage.Machine.Judge.Enabled = true;
        if (!wrong) return;
        stage.Machine.Judge.HearAt(MomentKind.CacheGot, stage.Machine.Cpus[2], got, File, 7);
        stage.AssertViolates("I40");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z11_a_split_of_a_truncated_folio_reads_through_its_mapping(bool bug)
    {
        Stage stage = Cached(2, policy: bug ? new Policy { Deviations = Deviation.MappingReadBeforeCheck } : null);
        OpCall call = PfnWalk.Call<SplitByPfn>(pfn: At(stage, 0), count: 1);
        stage.Begin(cpu => call.Operation.Run(cpu, call), 1);
        stage.StepTo(1, Step.FolioLock);
        stage.Run(cpu => FileTruncate.Run(cpu, File, 0), 2);
        stage.Finish(1);
        if (bug) stage.AssertViolates("I14");
        else AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(true, true, "I57")]
    [InlineData(true, false, null)]
    [InlineData(false, true, null)]
    public void Z13_a_shmem_folio_in_the_swap_cache_can_never_be_migrated(bool bug, bool swapped, string? invariant)
    {
        Stage stage = Cached(1, policy: bug ? new Policy { Deviations = Deviation.ExpectedRefsWithoutShmemSwap } : null, mapping: Shmem);
        int first = At(stage, 0, Shmem);
        if (swapped) stage.Run(cpu => ShmemSwap.Out(cpu, 0));
        stage.Run(cpu => CacheMigration.Run(cpu, first), 1);
        if (invariant is null) AssertNothingLeft(stage);
        else stage.AssertViolates(invariant);
    }

    [Fact]
    public void A_foreign_reference_makes_migration_give_up_and_is_no_violation()
    {
        Stage stage = Cached(1);
        int first = At(stage, 0);
        Assert.Equal(first, stage.Call(cpu => PageCache.GetEntry(cpu, File, 1), 2));
        stage.Run(cpu => CacheMigration.Run(cpu, first), 1).AssertClean();
        Assert.Equal(first, At(stage, 0));
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(first)), 2);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void I40_finds_a_slot_that_leads_elsewhere()
    {
        Stage stage = Cached(0);
        stage.Run(cpu => PageCache.Add(cpu, File, 1, 0));
        stage.Vandalise(stage.Machine.Cells.XaSlot(File, 1), stage.Memory.AddressOf(new Page(At(stage, 0)))).AssertClean();
        stage.Machine.Judge.Audit(whole: false);
        stage.AssertViolates("I40");
    }

    [Fact]
    public void I40_finds_a_cached_folio_that_no_slot_leads_to()
    {
        Stage stage = Cached(0);
        stage.Vandalise(stage.Machine.Cells.XaSlot(File, 0), 0).AssertClean();
        stage.Machine.Judge.Audit(whole: false);
        stage.AssertViolates("I40");
    }

    [Fact]
    public void I41_finds_a_migration_entry_whose_folio_is_not_locked()
    {
        var stage = new Stage();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false));
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 1);
        stage.StepTo(1, Step.S8);
        stage.Run(cpu => Softleaf.Visit(cpu, 0, 2, clear: false), 2).AssertClean();
        stage.Vandalise(new Page(0).Flags, stage.Memory[new Page(0).Flags] & ~PageFlag.Locked).AssertClean();
        stage.Run(cpu => Softleaf.Visit(cpu, 0, 2, clear: false), 2);
        stage.AssertViolates("I41");
    }
}
