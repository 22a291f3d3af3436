namespace StressFarm.Simulation.Tests;

/// <summary>Control first, for the device invariants: each is broken on purpose and must say so.</summary>
public class DeviceInvariantTests
{
    private static readonly Policy s_freeCore = new() { Dpm = Dpm.FreeCore };

    [Theory]
    [InlineData("pgmap", 0xdead0000UL)]
    [InlineData("flags", PageFlag.ZoneDevice | PageFlag.Reserved | PageFlag.Head)]
    [InlineData("flags", PageFlag.ZoneDevice | PageFlag.Reserved | 3)]
    public void I42_catches_a_free_page_that_is_not_its_own(string field, ulong value)
    {
        DeviceStage stage = new DeviceStage(s_freeCore).AfterLifeOf(2);
        stage.Stage.Vandalise(field == "pgmap" ? stage.Page(2).Pgmap : stage.Page(2).Flags, value);
        stage.Stage.AssertViolates("I42");
        Assert.Equal(field, stage.Violation!.Field);
    }

    [Fact]
    public void I42_catches_an_undo_that_forgot_a_page()
    {
        var stage = new DeviceStage(s_freeCore);
        stage.AllocAt(0, 2);
        stage.Stage.Begin(c => DeviceMigration.UnlockAndPut(c, stage.Page(0)), 0);
        // The undo is done and the driver is about to push; nothing is judged yet.
        stage.Stage.StepTo(0, Step.V1);
        stage.Stage.Vandalise(stage.Page(3).Info, CompoundPages.TailInfo(s_freeCore, stage.Base, 2));
        stage.Stage.AssertClean();
        stage.Stage.Finish(0);
        stage.Stage.AssertViolates("I42");
    }

    [Fact]
    public void I42_is_no_promise_of_other_designs()
    {
        DeviceStage stage = new DeviceStage().AfterLifeOf(2);
        Assert.True(stage.IsTail(2));
        stage.Stage.AssertClean();
    }

    [Fact]
    public void I43_catches_a_small_folio_on_a_stale_tail()
    {
        DeviceStage stage = new DeviceStage(new Policy { Dpm = Dpm.None }).AfterLifeOf(2);
        stage.Alloc(0, choice: 2);
        stage.Stage.AssertViolates("I43");
        Assert.Equal("pgmap", stage.Violation!.Field);
        Assert.Equal(Step.C2, stage.Violation.LastWriter.Step);
    }

    [Theory]
    [InlineData("flags")]
    [InlineData("order")]
    [InlineData("_nr_pages")]
    [InlineData("_mapcount")]
    public void I43_catches_each_word_gone_wrong_before_Z6(string field)
    {
        var stage = new DeviceStage();
        stage.Stage.Begin(async c => { await DeviceMemory.Alloc(c, 2, 0); }, 0);
        stage.Stage.StepTo(0, Step.C8);
        switch (field)
        {
            case "flags": stage.Stage.Vandalise(stage.Page(2).Flags, PageFlag.ZoneDevice | PageFlag.Referenced); break;
            case "order": stage.Stage.Vandalise(stage.Page(1).Flags, PageFlag.ZoneDevice | 9); break;
            case "_nr_pages": stage.Stage.Vandalise(stage.Folio(0).NrPages, 512); break;
            default: stage.Stage.Vandalise(stage.Page(3).Mapcount, 0); break;
        }
        stage.Stage.AssertClean();
        stage.Stage.Finish(0);
        stage.Stage.AssertViolates("I43");
        Assert.Equal(field, stage.Violation!.Field);
        Assert.Equal("vandal", stage.Violation.LastWriter.Operation);
    }

    [Theory]
    [InlineData(ZFlags.K73, Dpm.AllocRange, null)]
    [InlineData(ZFlags.Clear, Dpm.AllocRange, null)]
    [InlineData(ZFlags.Clear, Dpm.FreeCore, "I43b")]
    public void I43b_judges_only_a_design_that_clears(ZFlags zflags, Dpm dpm, string? violated)
    {
        DeviceStage stage = new DeviceStage(new Policy { ZFlags = zflags, Dpm = dpm }).AfterLifeOf(2);
        stage.Alloc(0, choice: 1);
        if (violated is null) stage.Stage.AssertClean();
        else stage.Stage.AssertViolates(violated);
        // The candidate itself: large_rmappable of the former page[1] survives in v7.3, as PG_workingset of a small folio.
        ulong left = zflags == ZFlags.Clear && dpm == Dpm.AllocRange ? 0 : PageFlag.LargeRmappable;
        Assert.Equal(left, HandedOutDeviceFlagsAreClean.Residue(stage.Memory, stage.Base + 1));
    }

    [Fact]
    public void I43b_catches_a_stale_private()
    {
        var stage = new DeviceStage(new Policy { ZFlags = ZFlags.Clear, Dpm = Dpm.FreeCore });
        stage.Stage.Vandalise(stage.Page(0).Private, 7);
        stage.Alloc(0);
        stage.Stage.AssertViolates("I43b");
        Assert.Equal("private", stage.Violation!.Field);
    }

    [Fact]
    public void I44_catches_a_reset_of_a_live_neighbour()
    {
        DeviceStage stage = new DeviceStage(new Policy { Dpm = Dpm.AllocPred }).AfterLifeOf(3);
        stage.Stage.Begin(async c => { await DeviceMemory.Alloc(c, 2, 0); }, 0);
        // T1 has read its predecessors, all eight pages, and is about to reset them.
        stage.Stage.StepTo(0, Step.Z1);
        stage.AllocAt(4, 2, cpu: 1);
        stage.Stage.Finish(0);
        stage.Stage.AssertViolates("I44");
        Assert.InRange(stage.Violation!.Pfn, stage.Base + 4, stage.Base + 7);
    }

    [Fact]
    public void I44_catches_overlapping_ranges()
    {
        var stage = new DeviceStage();
        // Two initialisations of the same pages, as a broken driver allocator would ask for.
        stage.Stage.Begin(c => ZoneDeviceInit.Folio(c, stage.Base, 1), 1);
        stage.Advance(1, 3);
        stage.Stage.Begin(c => ZoneDeviceInit.Folio(c, stage.Base, 2), 2);
        stage.Stage.AssertClean();
        stage.Stage.Finish(1);
        stage.Stage.AssertViolates("I44");
    }

    [Theory]
    [InlineData(Walker.Pf, "I45")]
    [InlineData(Walker.Nt, null)]
    public void I45_catches_a_getter_that_follows_a_stale_tail(Walker walker, string? violated)
    {
        DeviceStage stage = new DeviceStage(new Policy { Walker = walker }).AfterLifeOf(3);
        stage.AllocAt(0, 2);
        stage.Unlock(0);
        stage.Stage.Run(c => DeviceWalk.Visit(c, stage.Base + 5, -1), 1);
        if (violated is null) stage.Stage.AssertClean();
        else stage.Stage.AssertViolates(violated);
    }

    [Fact]
    public void I46_catches_Z02_and_names_the_tail_marker()
    {
        var stage = new DeviceStage(new Z02().Plant(Policy.Control));
        stage.AllocAt(1, 0);
        stage.Stage.Begin(c => DeviceMigration.UnlockAndPut(c, stage.Page(1)), 0);
        stage.Stage.StepTo(0, Step.D6);
        // Meanwhile another CPU gets the page as a tail.
        stage.AllocAt(0, 2, cpu: 1);
        stage.Stage.Finish(0);
        stage.Stage.AssertViolates("I46");
        Assert.Contains("tail marker", stage.Violation!.Found, StringComparison.Ordinal);
        Assert.Equal(Step.C2, stage.Violation.LastWriter.Step);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void I47_catches_a_wrong_pgmap_reference(long drift)
    {
        var stage = new DeviceStage();
        stage.AllocAt(0, 2);
        stage.Machine.Judge.Audit(whole: true);
        stage.Stage.AssertClean();
        stage.Stage.Vandalise(stage.Machine.Cells.PgmapRef, (ulong)(4 + drift));
        stage.Machine.Judge.Audit(whole: true);
        stage.Stage.AssertViolates("I47");
    }

    [Fact]
    public void I47_catches_a_reference_left_when_all_is_free()
    {
        var stage = new DeviceStage();
        stage.Stage.Vandalise(stage.Machine.Cells.PgmapRef, 1);
        stage.Machine.Judge.AuditEmpty();
        stage.Stage.AssertViolates("I47");
    }

    [Theory]
    [InlineData(0, "I47")]
    [InlineData(1, null)]
    [InlineData(2, "I47")]
    public void I47_wants_each_folio_met_once(int visits, string? violated)
    {
        var stage = new DeviceStage();
        stage.AllocAt(4, 1);
        stage.Stage.Run(async c =>
        {
            await c.Yield(Step.E1);
            EvictVisits.Begin(c.Ghost, c, stage.Base, 8);
            for (int i = 0; i < visits; i++)
                if (EvictVisits.Visit(c.Ghost, c, stage.Base + 4)) c.Tell(MomentKind.EvictTwice, stage.Base + 4);
            c.TellOfNone(MomentKind.EvictDone, stage.Base, (ulong)stage.Base, 8);
        }, 1);
        if (violated is null) stage.Stage.AssertClean();
        else stage.Stage.AssertViolates(violated);
    }

    [Fact]
    public void I47_forgives_a_folio_that_was_freed_on_the_way()
    {
        var stage = new DeviceStage();
        stage.AllocAt(4, 1);
        stage.Stage.Begin(c => DeviceEviction.Run(c, stage.Base, 8), 1);
        stage.Advance(1, 2);
        stage.Release(4);
        stage.AllocAt(0, 3);
        stage.Stage.Finish(1);
        stage.Stage.AssertClean();
    }

    [Fact]
    public void I48_catches_a_live_page_without_pgmap()
    {
        var stage = new DeviceStage();
        stage.AllocAt(2, 0);
        stage.Stage.Vandalise(stage.Page(2).Pgmap, 0);
        stage.Stage.AssertViolates("I48");
    }

    [Fact]
    public void I48_catches_a_reader_of_a_wrong_pgmap()
    {
        var stage = new DeviceStage();
        // Free pages promise nothing of word 8; whoever reads pgmap there finds out.
        stage.Stage.Vandalise(stage.Page(2).Pgmap, 0);
        stage.Stage.AssertClean();
        stage.Stage.Run(c => DeviceMemory.FreeFolio(c, stage.Folio(2)), 1);
        stage.Stage.AssertViolates("I48");
    }
}
