namespace StressFarm.Simulation.Tests;

/// <summary>Memory that comes and goes (spec 1.9, 3.16), directed, its known bugs by hand, and the invariants about it.</summary>
public class HotplugTests
{
    /// <summary>Four sections of four pages, and as many device pages.</summary>
    private static Stage Sections(Deviation deviation = Deviation.None, bool on = true, Policy? policy = null)
    {
        policy ??= Policy.Control with { Deviations = on ? deviation : Deviation.None };
        var stage = new Stage(policy, systemOrder: 4, deviceOrder: 2, pmdOrder: 2);
        stage.Machine.Reset(stage.Programme.Arena with { SectionOrder = 2 }, policy, stage.Programme);
        return stage;
    }

    private static ulong Map(Stage stage, int section) => stage.Memory[stage.Machine.Cells.SectionMap(section)];

    /// <summary>I53 names what was gone; without the bug, CPU 1 ends and leaves nothing.</summary>
    private static void AssertI53OrNothing(Stage stage, string? gone)
    {
        if (gone is not null)
        {
            stage.AssertViolates("I53");
            Assert.Equal(gone, stage.Violation!.Field);
            return;
        }
        stage.Finish(1);
        AssertNothingLeft(stage);
    }

    private static void AssertNothingLeft(Stage stage)
    {
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
        for (int section = 0; section < 4; section++) Assert.Equal(SectionFlag.Present | SectionFlag.HasMemMap | SectionFlag.Online, Map(stage, section));
        Assert.Null(SectionFault(stage));
    }

    /// <summary>What a state of this memory would be refused for.</summary>
    private static string? SectionFault(Stage stage)
    {
        try
        {
            MachineState.Capture(stage.Machine, 0);
            return null;
        }
        catch (StateException e)
        {
            return e.Message;
        }
    }

    [Fact]
    public void A_section_is_emptied_goes_offline_and_away_and_comes_back_with_a_new_memmap()
    {
        Stage stage = Sections();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 0, false)).Run(cpu => AnonMemory.Fault(cpu, 0, 4, 2, true));
        int pfn = new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).Pfn;
        stage.Run(cpu => MemoryOffline.Offline(cpu, 0));
        Assert.Equal(SectionFlag.Present | SectionFlag.HasMemMap, Map(stage, 0));
        Assert.NotEqual(pfn, new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).Pfn);
        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal(Owner.Offline, stage.Ghost.OwnerOf(i)));
        stage.Run(cpu => MemoryOffline.Remove(cpu, 0));
        Assert.Equal((0UL, 0UL, 0UL), (Map(stage, 0), stage.Memory[stage.Machine.Cells.SectionUsage(0)], stage.Memory[stage.Machine.Cells.SubsectionMap(0)]));
        Assert.Equal(4, stage.Machine.RemovedPages);
        Assert.False(stage.Call(cpu => MemorySections.IsOnline(cpu, 1)));
        stage.Run(cpu => MemoryOffline.Online(cpu, 0));
        Assert.Equal(0, stage.Machine.RemovedPages);
        Assert.True(stage.Call(cpu => MemorySections.IsOnline(cpu, 1)));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_page_in_use_that_cannot_move_keeps_its_section_online()
    {
        Stage stage = Sections();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 0, false));
        PageRange got = stage.Call(cpu => GupFast.Range(cpu, 0, 0, 1, GupFlags.Pin | GupFlags.Write), 2);
        int section = got.Pfn / 4;
        stage.Run(cpu => MemoryOffline.Offline(cpu, section));
        Assert.NotEqual(0UL, Map(stage, section) & SectionFlag.Online);
        Assert.Equal(Migratetype.Movable, stage.Memory[stage.Machine.Cells.Pageblock(section)]);
        stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Pfn = got.Pfn, Count = 1 }), 2);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_removal_waits_for_a_reader_that_has_found_the_section()
    {
        Stage stage = Sections();
        stage.Run(cpu => MemoryOffline.Offline(cpu, 2));
        // The reader saw the section online before that: let it be inside its rcu_read_lock() from then on.
        stage.Begin(async cpu =>
        {
            cpu.InRcu = true;
            await cpu.Load(new Page(8).Flags, Step.W1);
            await cpu.Load(new Page(8).Info, Step.W1);
            cpu.InRcu = false;
            await cpu.Yield(Step.Idle);
        }, 2);
        stage.Begin(cpu => MemoryOffline.Remove(cpu, 2), 1);
        stage.StepTo(1, Step.GraceWait);
        Assert.Equal(0u, stage.Machine.Runnable & 2);
        stage.Machine.Step(stage.Machine.Cpus[2]);
        stage.Machine.Step(stage.Machine.Cpus[2]);
        Assert.NotEqual(0u, stage.Machine.Runnable & 2);
        stage.Finish(1);
        stage.Finish(2);
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memunmap_evicts_and_removes_or_leaves_it_for_later(bool held)
    {
        Stage stage = Sections();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, true)).Run(cpu => MigrationCallers.ToDevice(cpu, 0, 0, true, 0));
        int device = stage.Machine.Geometry.DeviceBase;
        if (held) Assert.True(stage.Call<bool>(cpu => FolioReferences.TryGet(cpu, new Page(device)), 2));
        stage.Run(PgmapLife.Memunmap);
        Assert.Equal(held, stage.Memory[stage.Machine.Cells.PgmapArray] != 0);
        Assert.Equal(held ? Owner.DevFolio : Owner.Removed, stage.Ghost.OwnerOf(device));
        Assert.False(stage.Call(PgmapLife.Get));
        Assert.True(stage.Call(cpu => DeviceMemory.Alloc(cpu, 0, 0)).IsNone);
        if (held)
        {
            stage.Run(cpu => FolioReferences.PutPage(cpu, new Page(device)), 2).Run(PgmapLife.Memunmap);
            Assert.Equal(Owner.Removed, stage.Ghost.OwnerOf(device));
        }
        Assert.True(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pmd(0, 0)]).IsPresent);
        AssertNothingLeft(stage);
        Assert.False(stage.Call(cpu => DeviceMemory.Alloc(cpu, 0, 0)).IsNone);
    }

    /// <summary>T2 looks page 0 up, free on T1's list; T1 hands it out; T2 gets its reference.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z21_tests_one_page_and_gets_another(bool bug)
    {
        Stage stage = Sections(Deviation.OfflineTestsBeforeRef, bug);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 0, false), 1).Run(cpu => Zap.Slot(cpu, 0, 0), 1);
        stage.Begin(cpu => MemoryOffline.Offline(cpu, 0), 2);
        stage.StepTo(2, bug ? Step.OfflineTest : Step.OfflineGet);
        stage.Machine.Step(stage.Machine.Cpus[2]); // page_folio()
        stage.Begin(cpu => AnonMemory.Fault(cpu, 0, 0, 0, false), 1);
        stage.StepTo(1, Step.PtlLock);
        if (!bug) stage.Finish(1);
        stage.Finish(2);
        if (bug)
        {
            stage.AssertViolates("I15");
            return;
        }
        AssertNothingLeft(stage);
    }

    /// <summary>T2 has page 1 from page_folio(), free on T1's list; T1 makes a folio of the block, and page 1 its tail.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z22_asks_a_tail_whether_it_is_large(bool bug)
    {
        Stage stage = Sections(Deviation.OfflineTestsTail, bug);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false), 1);
        stage.Run(async cpu => { for (int i = 0; i < 4; i++) await Zap.Slot(cpu, 0, i); }, 1);
        stage.Begin(cpu => MemoryOffline.Offline(cpu, 0), 2);
        Cpu walker = stage.Machine.Cpus[2];
        while (!walker.Finished && !(walker.Pending.Step == (bug ? Step.OfflineTest : Step.OfflineGet) && walker.Pending.Location == new Page(1).Info.Index)) stage.Machine.Step(walker);
        stage.Machine.Step(walker);
        stage.Begin(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false), 1);
        stage.StepTo(1, Step.C3);
        stage.Machine.Step(walker);
        if (bug)
        {
            stage.AssertViolates("I02b");
            return;
        }
        stage.Finish(1);
        stage.Finish(2);
        AssertNothingLeft(stage);
    }

    /// <summary>T2 sees the section valid; T1 clears its bits and frees the usage; T2 reads it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z34_reads_a_usage_that_is_gone(bool bug)
    {
        Stage stage = Sections(Deviation.UsageFreedAtOnce, bug);
        stage.Begin(async cpu =>
        {
            cpu.InRcu = true;
            await MemorySections.IsOnline(cpu, 9);
            cpu.InRcu = false;
            await cpu.Yield(Step.Idle);
        }, 2);
        stage.Machine.Step(stage.Machine.Cpus[2]);
        stage.Machine.Step(stage.Machine.Cpus[2]);
        stage.Run(cpu => MemoryOffline.Offline(cpu, 2), 1);
        stage.Begin(cpu => MemoryOffline.Remove(cpu, 2), 1);
        stage.StepTo(1, Step.GraceWait);
        stage.Finish(2);
        AssertI53OrNothing(stage, bug ? "usage" : null);
    }

    /// <summary>T2 finds the pgmap; T1 gives its count up; T2 asks the count whether it is live.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z35_uses_a_count_that_is_gone(bool bug)
    {
        Stage stage = Sections(Deviation.PgmapRefExitsFirst, bug);
        stage.Begin(PgmapLife.Memunmap, 1);
        stage.StepTo(1, Step.PgmapDelete);
        Assert.Equal(bug, stage.Ghost.PgmapRefGone);
        stage.Begin(async cpu => { await PgmapLife.Get(cpu); }, 2);
        stage.Finish(2);
        AssertI53OrNothing(stage, bug ? "pgmap->ref" : null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void I53_catches_any_access_to_a_memmap_that_is_gone(bool write)
    {
        Stage stage = Sections();
        stage.Run(cpu => MemoryOffline.Offline(cpu, 3)).Run(cpu => MemoryOffline.Remove(cpu, 3));
        stage.Run(async cpu => { await cpu.Load(new Page(11).Mapping, Step.W1); });
        stage.AssertClean();
        stage.Run(async cpu =>
        {
            if (write) await cpu.Or(new Page(12).Flags, PageFlag.Idle, Step.W1);
            else await cpu.Load(new Page(12).Mapping, Step.W1);
        }, 2, "walker");
        stage.AssertViolates("I53");
        Assert.Equal((12, "memmap"), (stage.Violation!.Pfn, stage.Violation.Field));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void I54_catches_a_section_that_goes_offline_with_a_page_in_use(bool referenced)
    {
        Stage stage = Sections();
        stage.Begin(cpu => MemoryOffline.Offline(cpu, 1), 1);
        stage.StepTo(1, Step.OfflineBlock);
        // The test has passed, and the lock is not yet taken: the ghost is told that the page is in use after all.
        if (referenced) stage.Machine.Memory.WriteHalf(new Page(5).Refcount.Index, 1, 0);
        else stage.Ghost.Restore(5, Owner.Small);
        stage.Finish(1);
        stage.AssertViolates("I54");
        Assert.Equal(5, stage.Violation!.Pfn);
    }

    [Theory]
    [InlineData(Evict.Fixed, null)]
    [InlineData(Evict.K73, "I56")]
    public void I56_catches_a_walk_that_goes_by_the_words_of_a_free_folio(Evict evict, string? violated)
    {
        Stage stage = Sections(policy: new Policy { Evict = evict });
        // A folio of four pages lived and was freed: DPM=ALLOC_RANGE leaves its head as it was.
        DeviceBlock block = stage.Call(cpu => DeviceMemory.Alloc(cpu, 2, 0));
        stage.Run(cpu => DeviceMigration.UnlockAndPut(cpu, new Page(block.Pfn)));
        stage.Run(PgmapLife.Memunmap);
        if (violated is null) AssertNothingLeft(stage);
        else stage.AssertViolates(violated);
    }

    [Fact]
    public void I47b_catches_a_removal_before_the_last_page_is_back()
    {
        Stage stage = Sections();
        DeviceBlock block = stage.Call(cpu => DeviceMemory.Alloc(cpu, 0, 0), 2);
        // The driver and the count are made to forget it.
        stage.Machine.Driver.Outstanding = 0;
        stage.Vandalise(stage.Machine.Cells.PgmapRef, 0);
        stage.AssertClean();
        stage.Run(PgmapLife.Memunmap);
        stage.AssertViolates("I47b");
        Assert.Equal(block.Pfn, stage.Violation!.Pfn);
    }

    [Fact]
    public void I02b_is_about_tails_alone()
    {
        Stage stage = Sections(Deviation.OfflineTestsTail);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => MemoryOffline.Offline(cpu, 0));
        stage.AssertClean();
    }

    /// <summary>
    /// A fault has moved a device folio and unlocked it; the driver's eviction, which finds it by its pfn, gets a reference and
    /// the lock before the fault puts it. As v7.3 has it the husk is moved once more, without a charge.
    /// </summary>
    [Theory]
    [InlineData(Evict.Fixed, null)]
    [InlineData(Evict.K73, "I12b")]
    public void A_folio_that_a_fault_has_moved_already_is_not_evicted(Evict evict, string? violated)
    {
        Stage stage = Sections(policy: new Policy { Evict = evict });
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 0, false)).Run(cpu => MigrationCallers.ToDevice(cpu, 0, 0, true, 0));
        int pfn = new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).Pfn;
        stage.Begin(cpu => MigrationCallers.ToRam(cpu, 0, 0), 1);
        stage.StepTo(1, Step.FolioUnlock);
        stage.Machine.Step(stage.Machine.Cpus[1]); // page_folio()
        stage.Machine.Step(stage.Machine.Cpus[1]); // unlock
        stage.Begin(async cpu => { await MigrationCallers.Evict(cpu, pfn); }, 2);
        stage.StepTo(2, Step.E3);
        stage.Finish(1);
        stage.Finish(2);
        if (violated is null) AssertNothingLeft(stage);
        else stage.AssertViolates(violated);
    }

    [Fact]
    public void The_arena_of_another_size_keeps_its_number_of_sections()
    {
        Arena arena = new(2, 6, 2, 2, SectionOrder: 4);
        Assert.Equal((4, 2, 4), (arena.SystemSections, arena.Resized(4, 3).SectionOrder, arena.Resized(4, 3).SystemSections));
        Assert.Equal(0, new Arena(2, 6, 2, 2).Resized(4, 3).SectionOrder);
    }
}
