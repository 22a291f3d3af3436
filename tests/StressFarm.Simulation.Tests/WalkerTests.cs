namespace StressFarm.Simulation.Tests;

/// <summary>PFN walkers (spec 3.13) and blocks that are not compound (3.3).</summary>
public class WalkerTests
{
    private static int Block(Stage stage, int order)
    {
        int pfn = stage.Call(cpu => BuddyAllocator.AllocPages(cpu, order, Alloc.Plain, Owner.Block));
        stage.Ghost.Publish(stage.Machine.Cpus[0], stage.Ghost.ObjectOf(pfn));
        return pfn;
    }

    private static void AssertNothingLeft(Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    private static int Anon(Stage stage, int slot, int order)
    {
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, slot, order, pmd: false));
        return new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, slot)]).Pfn;
    }

    /// <summary>___free_pages(): the walker keeps the first page, the rest is freed in halves at once.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_speculative_reference_keeps_only_the_first_page_of_a_block(int order)
    {
        var stage = new Stage();
        int pfn = Block(stage, order);
        stage.Run(async cpu => { await SpeculativeGet.Nt(cpu, pfn, Step.W2); }, cpu: 1);
        stage.Run(cpu => BuddyAllocator.FreePages(cpu, new Page(pfn), order));
        Assert.Equal(0, stage.Ghost[stage.Ghost.ObjectOf(pfn)].Order);
        for (int i = 1; i < 1 << order; i++) Assert.Contains(stage.Ghost.OwnerOf(pfn + i), new[] { Owner.Buddy, Owner.Pcp });
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(pfn)), cpu: 1);
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_compound_block_waits_for_the_walker_as_a_whole()
    {
        var stage = new Stage();
        Handle handle = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.AfPacket, 2));
        stage.Run(async cpu => { await SpeculativeGet.Nt(cpu, handle.Pfn, Step.W2); }, cpu: 1);
        stage.Run(cpu => DriverMemory.Free(cpu, handle));
        Assert.Equal(2, stage.Ghost[stage.Ghost.ObjectOf(handle.Pfn + 3)].Order);
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(handle.Pfn)), cpu: 1);
        AssertNothingLeft(stage);
    }

    /// <summary>A stale pointer is a reference for two steps: the block is freed in between and nothing leaks.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_stale_lookup_may_put_the_last_reference_of_a_block(int order)
    {
        var stage = new Stage();
        int pfn = Block(stage, order);
        stage.Begin(cpu => PfnWalkers.StaleLookup(cpu, pfn), cpu: 1);
        stage.StepTo(1, Step.W3);
        stage.Run(cpu => BuddyAllocator.FreePages(cpu, new Page(pfn), order));
        Assert.NotEqual(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        stage.Finish(1);
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void NT_fails_on_a_tail_and_PF_leads_to_its_head()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        Assert.Equal(-1, stage.Call(cpu => SpeculativeGet.Nt(cpu, pfn + 1, Step.W2)));
        Assert.Equal(pfn, stage.Call(cpu => SpeculativeGet.Pf(cpu, pfn + 1, Step.W2)));
        Assert.Equal(2u, stage.Memory[new Page(pfn).Refcount]);
        stage.AssertClean();
    }

    /// <summary>The folio is freed and the page goes to another between the reference and the second look.</summary>
    [Fact]
    public void PF_gives_back_what_it_got_when_the_page_moved_on()
    {
        var stage = new Stage(systemOrder: 4);
        int pfn = stage.Folio(1);
        int got = 0;
        stage.Begin(async cpu => { got = await SpeculativeGet.Pf(cpu, pfn + 1, Step.W2); }, cpu: 1);
        stage.Machine.Step(stage.Machine.Cpus[1]); // page_folio(): the head
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(pfn)));
        stage.Run(cpu => BuddyAllocator.DrainPcp(cpu, 0));
        int small = stage.Folio(0);
        Assert.Equal(pfn, small); // the former head lives again, alone
        stage.Finish(1);
        Assert.Equal(-1, got);
        Assert.Equal(1u, stage.Memory[new Page(small).Refcount]);
        stage.AssertClean();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Compaction_takes_a_folio_off_the_LRU_and_puts_it_back(int order)
    {
        var stage = new Stage();
        int pfn = Anon(stage, 0, order);
        uint before = stage.Memory[new Page(pfn).Refcount];
        stage.Begin(async cpu => { await PfnWalkers.Compact(cpu, pfn); }, cpu: 1);
        stage.StepTo(1, Step.LruLock);
        Assert.Equal(0UL, stage.Memory[new Page(pfn).Flags] & PageFlag.Lru);
        Assert.Equal(before + 1, stage.Memory[new Page(pfn).Refcount]);
        stage.Finish(1);
        Assert.NotEqual(0UL, stage.Memory[new Page(pfn).Flags] & PageFlag.Lru);
        Assert.Equal(before, stage.Memory[new Page(pfn).Refcount]);
        AssertNothingLeft(stage);
    }

    /// <summary>The last mapping goes while compaction holds the folio: its put frees, off the LRU and all.</summary>
    [Fact]
    public void Compaction_may_hold_the_last_reference()
    {
        var stage = new Stage();
        int pfn = Anon(stage, 0, 2);
        stage.Begin(async cpu => { await PfnWalkers.Compact(cpu, pfn); }, cpu: 1);
        stage.StepTo(1, Step.LruLock);
        stage.Run(async cpu => { for (int i = 0; i < 4; i++) await Zap.Slot(cpu, 0, i); });
        Assert.Equal(1u, stage.Memory[new Page(pfn).Refcount]);
        stage.Finish(1);
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void Compaction_skips_a_free_block_by_its_order()
    {
        var stage = new Stage(systemOrder: 4);
        Assert.Equal(16, stage.Call(cpu => PfnWalkers.Compact(cpu, 0)));
        int small = stage.Folio(0);
        Assert.Equal(small + 1, stage.Call(cpu => PfnWalkers.Compact(cpu, small)));
        stage.AssertClean();
    }

    [Fact]
    public void Page_idle_marks_LRU_folios_only()
    {
        var stage = new Stage();
        int anon = Anon(stage, 0, 2), plain = stage.Folio(0);
        foreach (int pfn in new[] { anon, anon + 1, plain, 31 }) stage.Run(cpu => PfnWalkers.Idle(cpu, pfn));
        Assert.NotEqual(0UL, stage.Memory[new Page(anon).Flags] & PageFlag.Idle);
        Assert.Equal(0UL, stage.Memory[new Page(anon + 1).Flags] & PageFlag.Idle);
        Assert.Equal(0UL, stage.Memory[new Page(plain).Flags] & PageFlag.Idle);
        stage.AssertClean();
    }

    [Fact]
    public void A_snapshot_writes_nothing_and_ends_on_anything()
    {
        var stage = new Stage(new Policy { Cmp = Cmp.Rfc });
        Handle handle = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.Sg, 2));
        stage.Vandalise(new Page(20).Flags, PageFlag.ZoneNormal);
        for (int i = 0; i < 32; i++)
        {
            int pfn = i;
            ulong[] before = [.. Enumerable.Range(0, 8).Select(w => stage.Memory[new Word(pfn * 8 + w)])];
            stage.Run(cpu => PfnWalkers.Snapshot(cpu, pfn));
            Assert.Equal(before, Enumerable.Range(0, 8).Select(w => stage.Memory[new Word(pfn * 8 + w)]));
        }
        Assert.Equal(4, 1 << handle.Order);
        stage.AssertClean();
    }

    [Fact]
    public void Offlining_passes_over_free_pages_and_LRU_folios_and_stops_at_driver_memory()
    {
        var stage = new Stage();
        int anon = Anon(stage, 0, 2);
        Assert.True(stage.Call(cpu => PfnWalkers.IsMovable(cpu, anon + 3)));
        Assert.True(stage.Call(cpu => PfnWalkers.IsMovable(cpu, 31)));
        Assert.Equal(anon + 4, stage.Call(cpu => PfnWalkers.Offline(cpu, anon)));
        Handle driver = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.Sg, 1));
        Assert.False(stage.Call(cpu => PfnWalkers.IsMovable(cpu, driver.Pfn + 1)));
        stage.AssertClean();
    }

    /// <summary>
    /// CMP=RFC: a walk that looked while the page was free and came back to find driver memory measures it by _nr_pages.
    /// </summary>
    [Fact]
    public void I06_catches_a_walker_that_measures_a_non_folio()
    {
        foreach (Cmp cmp in new[] { Cmp.Main, Cmp.Rfc })
        {
            var stage = new Stage(new Policy { Cmp = cmp });
            Handle driver = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.RingBuffer, 2));
            int next = stage.Call(cpu => PfnWalkers.Offline(cpu, driver.Pfn), cpu: 1);
            if (cmp == Cmp.Main) stage.AssertClean();
            else stage.AssertViolates("I06");
            if (cmp == Cmp.Main) Assert.Equal(driver.Pfn + 4, next);
        }
    }
}
