namespace StressFarm.Simulation.Tests;

/// <summary>K-8: the candidates C1, C1b and C2 by directed schedules, with EVICT=K73 and its mended twin.</summary>
public class DeviceEvictionTests
{
    private static Policy With(Evict evict, Dpm dpm = Dpm.AllocRange) => new() { Evict = evict, Dpm = dpm };

    [Theory]
    [InlineData(Evict.K73, "I47")]
    [InlineData(Evict.Fixed, null)]
    public void C1_a_stale_head_hides_a_live_folio(Evict evict, string? violated)
    {
        DeviceStage stage = new DeviceStage(With(evict)).AfterLifeOf(3);
        stage.AllocAt(4, 2);
        stage.Map(4, 2, 4);
        stage.Stage.Run(c => DeviceEviction.Run(c, stage.Base, 8), 1);
        if (violated is null)
        {
            stage.Stage.AssertClean();
            // Evicted: the slot leads to system memory, and the device pages are free.
            Assert.True(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 4)]).IsPresent);
            Assert.Equal(Owner.DevFree, stage.Stage.Ghost.OwnerOf(stage.Base + 4));
            return;
        }
        stage.Stage.AssertViolates(violated);
        Assert.Equal(stage.Base + 4, stage.Violation!.Pfn);
    }

    [Theory]
    [InlineData(Evict.K73, Dpm.FreeCore, "I47")]
    [InlineData(Evict.K73, Dpm.AllocRange, "I47")]
    [InlineData(Evict.Fixed, Dpm.FreeCore, null)]
    [InlineData(Evict.Fixed, Dpm.AllocRange, null)]
    public void C1b_the_walk_reads_the_order_of_a_folio_allocated_behind_it(Evict evict, Dpm dpm, string? violated)
    {
        var stage = new DeviceStage(With(evict, dpm), deviceOrder: 3);
        stage.AllocAt(4, 2);
        stage.Map(4, 2, 4);
        stage.AllocAt(2, 1);
        stage.Map(2, 1, 2);
        stage.Stage.Begin(c => DeviceEviction.Run(c, stage.Base, 8), 1);
        // Page 0 is free; the walk goes on to page 1.
        Word info = stage.Page(1).Info;
        while (!(stage.Machine.Cpus[1].Pending.Step is Step.E1 or Step.E2 && stage.Machine.Cpus[1].Pending.WordIndex / Layout.WordsPerPage == stage.Base + 1))
            stage.Machine.Step(stage.Machine.Cpus[1]);
        stage.AllocAt(0, 1);
        stage.Stage.Finish(1);
        if (violated is null) stage.Stage.AssertClean();
        else stage.Stage.AssertViolates(violated);
        Assert.True(CompoundPages.IsTail(stage.Memory[info]));
    }

    [Theory]
    [InlineData(Evict.K73, "I22")]
    [InlineData(Evict.Fixed, null)]
    public void C2_the_walk_gives_back_a_folio_it_never_took(Evict evict, string? violated)
    {
        DeviceStage stage = new DeviceStage(With(evict)).AfterLifeOf(3);
        stage.Stage.Begin(c => DeviceEviction.Run(c, stage.Base + 2, 2), 1);
        stage.Stage.StepTo(1, Step.E2);
        // (Page 1 would not do: its ZINIT clears the old folio's _nr_pages.)
        // Between E1 and E2: page 2, which E1 read as a tail of the old folio at 0, becomes a live folio of its own.
        stage.AllocAt(2, 0);
        stage.Map(2, 0, 0);
        stage.Stage.Finish(1);
        if (violated is null)
        {
            stage.Stage.AssertClean();
            return;
        }
        stage.Stage.AssertViolates(violated);
        Assert.Equal(stage.Base, stage.Violation!.Pfn);
        Assert.Equal(-1, stage.Refcount(0));
        // What E2 took of page 2 stays taken: its lock, and one reference beside the page table's.
        Assert.True(stage.Locked(2));
        Assert.Equal(2, stage.Refcount(2));
    }

    [Fact]
    public void FIXED_never_advances_by_0_in_the_window_where_nr_pages_reads_0()
    {
        var stage = new DeviceStage(With(Evict.Fixed), deviceOrder: 2);
        stage.Stage.Begin(async c => { await DeviceMemory.Alloc(c, 2, 0); }, 0);
        stage.Stage.StepTo(0, Step.Z4);
        stage.Stage.Begin(c => DeviceEviction.Run(c, stage.Base, 4), 1);
        // The walk holds the reference and the lock of a page that is not compound yet.
        stage.Stage.StepTo(1, Step.E3);
        Assert.Equal(2, stage.Refcount(0));
        stage.Stage.Finish(1);
        stage.Stage.Finish(0);
        stage.Stage.AssertClean();
    }

    [Fact]
    public void C5_the_guard_of_ZINIT_lets_every_order_pass_that_a_shift_can_hold()
    {
        // 22 is the largest order any configuration has (spec 1.1); 63 the largest a word can be shifted by.
        Assert.DoesNotContain(Enumerable.Range(0, 64), ZoneDeviceInit.GuardSpeaks);
    }

    [Fact]
    public void C10_the_freeing_operation_reads_no_word_of_the_folio_once_the_driver_has_it()
    {
        var stage = new DeviceStage();
        stage.AllocAt(0, 2);
        stage.Map(0, 2, 0);
        var reads = new WordReads(stage.Base, 4);
        for (int slot = 0; slot < 3; slot++) stage.Stage.Run(c => Zap.Slot(c, 0, slot));
        stage.Machine.Trace = reads;
        stage.Stage.Run(c => Zap.Slot(c, 0, 3));
        stage.Machine.Trace = null;
        Assert.Equal(Step.D5, reads.LastOfFolio);
        Assert.Contains(Step.D1, reads.OrderReads);
        Assert.Contains(Step.D5, reads.OrderReads);
        // The last write, D3 and D4, comes before it as well.
        Assert.Equal(Step.D6, reads.Last);
    }

    [Theory]
    [InlineData(Spl.Today, null)]
    [InlineData(Spl.EarlyUnfreeze, "I25 I48")]
    public void A_device_folio_split_for_small_destinations_has_its_pgmap_before_it_can_be_got(Spl spl, string? violated)
    {
        var stage = new DeviceStage(new Policy { Spl = spl });
        stage.AllocAt(0, 2);
        stage.Map(0, 2, 0);
        stage.Stage.Run(c => DeviceMigration.Fault(c, 0, 0, small: true), 1);
        if (violated is not null)
        {
            Assert.Contains(stage.Violation?.Invariant.Id ?? "none", violated.Split(' '));
            return;
        }
        stage.Stage.AssertClean();
        for (int slot = 0; slot < 4; slot++)
        {
            var entry = new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, slot)]);
            Assert.True(entry.IsPresent, $"{entry}");
            Assert.Equal(Owner.Small, stage.Stage.Ghost.OwnerOf(entry.Pfn));
            Assert.Equal(Owner.DevFree, stage.Stage.Ghost.OwnerOf(stage.Base + slot));
        }
        stage.Machine.Judge.Audit(whole: true);
        stage.Stage.AssertClean();
    }

    /// <summary>Which steps read words of a range of pages.</summary>
    private sealed class WordReads(int first, int pages) : ITrace
    {
        public Step LastOfFolio { get; private set; }
        public Step Last { get; private set; }
        public HashSet<Step> OrderReads { get; } = [];

        public void Record(StepCpu cpu, in Access access, ulong old, ulong value)
        {
            Last = access.Step;
            int page = access.Location < 0 ? -1 : access.WordIndex / Layout.WordsPerPage;
            if (access.Writes || page < first || page >= first + pages) return;
            LastOfFolio = access.Step;
            if (page == first + 1 && access.WordIndex % Layout.WordsPerPage is Layout.Flags or Layout.Memcg) OrderReads.Add(access.Step);
        }

        public void RecordRaw(StepCpu cpu, Word word, ulong old, ulong value) { }
    }
}
