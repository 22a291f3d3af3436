namespace StressFarm.Simulation.Tests;

/// <summary>The deferred split lists and their shrinker (spec 3.11), directed.</summary>
public class DeferredSplitTests
{
    private static Stage Two(Deviation deviation = Deviation.None, bool on = false)
    {
        var stage = new Stage(Policy.Control with { Deviations = on ? deviation : Deviation.None }, pmdOrder: 2);
        stage.Machine.Reset(stage.Programme.Arena with { Memcgs = 2 }, stage.Machine.Policy, stage.Programme);
        return stage;
    }

    private static bool Listed(Stage stage, int memcg) =>
        stage.Memory[stage.Machine.Cells.DeferredHeadOf(memcg)] != stage.Memory.AddressOf(stage.Machine.Cells.DeferredHeadOf(memcg));

    private static void AssertNothingLeft(Stage stage)
    {
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_shrinker_of_its_group_splits_a_folio_that_was_zapped_in_part(int mm)
    {
        Stage stage = Two();
        stage.Run(cpu => AnonMemory.Fault(cpu, mm, 0, 2, false)).Run(cpu => Zap.Slot(cpu, mm, 1));
        Assert.Equal((mm == 0, mm == 1), (Listed(stage, 0), Listed(stage, 1)));
        stage.Run(cpu => DeferredSplitScan.Run(cpu, 1 - mm, 4, false));
        Assert.True(Listed(stage, mm));
        stage.Run(cpu => DeferredSplitScan.Run(cpu, mm, 4, false));
        Assert.False(Listed(stage, mm));
        Assert.Equal(Owner.Pcp, stage.Ghost.OwnerOf(1));
        Assert.Equal(Owner.Small, stage.Ghost.OwnerOf(0));
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_whole_folio_is_split_when_it_is_underused_and_forgotten_otherwise(bool underused)
    {
        Stage stage = Two();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, true)).Run(cpu => DeferredSplitScan.QueueWhole(cpu, 0, 0));
        Assert.True(Listed(stage, 0));
        stage.Run(cpu => DeferredSplitScan.Run(cpu, 0, 1, underused));
        Assert.False(Listed(stage, 0));
        Assert.Equal(underused ? Owner.Small : Owner.Folio, stage.Ghost.OwnerOf(0));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_folio_that_cannot_be_split_goes_back_and_one_that_is_being_freed_is_left()
    {
        Stage stage = Two();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => Zap.Slot(cpu, 0, 1));
        stage.Call<bool>(cpu => FolioReferences.TryGet(cpu, new Page(0)), 2);
        stage.Run(cpu => DeferredSplitScan.Run(cpu, 0, 4, false));
        Assert.True(Listed(stage, 0));
        stage.Run(async cpu => { for (int i = 0; i < 4; i++) await Zap.Slot(cpu, 0, i); });
        stage.Begin(cpu => FolioReferences.Put(cpu, new Folio(0)), 2);
        stage.StepTo(2, Step.UnqueueLock);
        stage.Run(cpu => DeferredSplitScan.Run(cpu, 0, 4, false), 1);
        stage.Finish(2);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_charge_moves_unless_the_folio_is_queued()
    {
        Stage stage = Two();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => MemcgMove.Run(cpu, 0, 0, 1));
        Assert.Equal(AnonMemory.MemcgAddress(1), stage.Memory[new Page(0).MemcgData]);
        stage.Run(cpu => Zap.Slot(cpu, 0, 1)).Run(cpu => MemcgMove.Run(cpu, 0, 0, 0));
        Assert.Equal(AnonMemory.MemcgAddress(1), stage.Memory[new Page(0).MemcgData]);
        Assert.True(Listed(stage, 1));
        AssertNothingLeft(stage);
    }

    /// <summary>T1, a zap, has read the folio's group and waits for its list; T2 moves the charge: T1 goes to the other list.</summary>
    [Fact]
    public void A_list_is_looked_up_again_once_its_lock_is_held()
    {
        Stage stage = Two();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false));
        stage.Begin(cpu => MemcgMove.Run(cpu, 0, 0, 1), 2);
        stage.StepTo(2, Step.MoveAccount);
        stage.Begin(cpu => Zap.Slot(cpu, 0, 1), 1);
        stage.StepTo(1, Step.QueueLock);
        stage.Machine.Step(stage.Machine.Cpus[1]);
        stage.Finish(2);
        stage.Finish(1);
        Assert.Equal((false, true), (Listed(stage, 0), Listed(stage, 1)));
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z15_leaves_a_folio_on_a_list_whose_lock_is_not_its_own(bool bug)
    {
        Stage stage = Two(Deviation.MemcgMoveLeavesQueue, bug);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => Zap.Slot(cpu, 0, 1)).Run(cpu => MemcgMove.Run(cpu, 0, 0, 1));
        stage.Machine.Judge.Audit(whole: true);
        if (bug) stage.AssertViolates("I38");
        else AssertNothingLeft(stage);
    }

    /// <summary>
    /// What comes of it: the shrinker of group 0 has read the first folio's links, under its lock; that folio is freed meanwhile,
    /// under the lock of group 1.
    /// </summary>
    [Fact]
    public void Z15_corrupts_the_list()
    {
        Stage stage = Two(Deviation.MemcgMoveLeavesQueue, true);
        for (int i = 0; i < 2; i++) stage.Run(cpu => AnonMemory.Fault(cpu, 0, i * 4, 2, false)).Run(cpu => Zap.Slot(cpu, 0, i * 4 + 1));
        stage.Run(cpu => MemcgMove.Run(cpu, 0, 0, 1));
        stage.Begin(async cpu => { for (int i = 0; i < 4; i++) await Zap.Slot(cpu, 0, i); }, 1);
        stage.StepTo(1, Step.UnqueueDel);
        for (int i = 0; i < 4; i++) stage.Machine.Step(stage.Machine.Cpus[1]);
        stage.Run(cpu => DeferredSplitScan.Run(cpu, 0, 4, false), 2);
        stage.Finish(1);
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I38");
    }

    /// <summary>T1, the shrinker, is between the two words of list_del_init(); T2, the first zap, finds the node empty and queues it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z15b_overwrites_a_link_of_a_folio_that_was_queued_again(bool bug)
    {
        Stage stage = Two(Deviation.ScanDeletesUnlocked, bug);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, true)).Run(cpu => DeferredSplitScan.QueueWhole(cpu, 0, 0)).Run(cpu => PmdSplit.Run(cpu, 0, 0));
        stage.Begin(cpu => DeferredSplitScan.Run(cpu, 0, 1, false), 1);
        Word node = new Folio(0).DeferredList;
        Cpu shrinker = stage.Machine.Cpus[1];
        stage.StepTo(1, Step.ScanDel);
        while (!(shrinker.Pending is { Step: Step.ScanDel, Kind: AccessKind.Store } && shrinker.Pending.Location == node.Index + 1)) stage.Machine.Step(shrinker);
        stage.Begin(cpu => Zap.Slot(cpu, 0, 1), 2);
        if (bug) stage.Finish(2);
        else stage.StepTo(2, Step.QueueLock);
        stage.Finish(1);
        if (!bug) stage.Finish(2);
        stage.Machine.Judge.Audit(whole: true);
        if (bug) stage.AssertViolates("I38");
        else AssertNothingLeft(stage);
    }

    [Fact]
    public void I38_catches_a_node_that_does_not_lead_back()
    {
        Stage stage = Two();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => Zap.Slot(cpu, 0, 1));
        Word node = new Folio(0).DeferredList;
        stage.Vandalise(new Word(node.Index + 1), stage.Memory.AddressOf(node));
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I38");
        Assert.Equal("_deferred_list", stage.Violation!.Field);
    }

    [Fact]
    public void A_split_PMD_entry_maps_the_same_by_PTEs()
    {
        Stage stage = Two();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, true)).Run(cpu => PmdSplit.Run(cpu, 0, 0));
        Assert.Equal(4u, stage.Memory[new Page(0).Refcount]);
        for (int i = 0; i < 4; i++) Assert.True(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, i)]) is { IsPresent: true, IsWrite: true });
        AssertNothingLeft(stage);
    }
}
