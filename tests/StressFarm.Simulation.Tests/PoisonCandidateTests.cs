namespace StressFarm.Simulation.Tests;

/// <summary>The candidates of docs/findings.md about hugetlb, HVO and memory failure: as read they violate, mended they do not.</summary>
public class PoisonCandidateTests
{
    private static Policy With(Deviation deviation) => HugetlbStage.With(deviation);

    public static TheoryData<Deviation> AsReadAndMended => [Deviation.PoisonAsRead, Deviation.None];

    private static void AssertCandidate(Stage stage, Deviation deviation, string invariant)
    {
        if (deviation == Deviation.None) stage.AssertNothingLeft();
        else stage.AssertViolates(invariant);
    }

    /// <summary>A driver's page fails, is ignored, and is unpoisoned: the driver's own reference goes.</summary>
    [Theory, MemberData(nameof(AsReadAndMended))]
    public void Unpoison_puts_a_reference_of_somebody_elses(Deviation deviation)
    {
        Stage stage = HugetlbStage.New(With(deviation));
        Handle driver = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.Plain, 0));
        stage.Fail(driver.Pfn, cpu: 1).Run(cpu => PoisonRemoval.Unpoison(cpu, driver.Pfn), cpu: 1);
        if (deviation == Deviation.None) stage.Run(cpu => DriverMemory.Free(cpu, driver));
        AssertCandidate(stage, deviation, "I22");
    }

    /// <summary>CPU 0 is about to write the page's flags, which it has read; the page fails on CPU 1, and the write takes the flag along.</summary>
    private static void FailBeforeWrite(Stage stage, Step step, int failing)
    {
        int flags = new Page(failing).Flags.Index;
        while (stage.Machine.Cpus[0].Pending is not { Kind: AccessKind.Store } p || p.Step != step || p.Location != flags) stage.Step(0);
        stage.Begin(cpu => MemoryFailure.Fail(cpu, failing), cpu: 1);
        while (!stage.Poisoned(failing)) stage.Step(1);
        stage.Finish(0);
        Assert.False(stage.Poisoned(failing));
        stage.Finish(1);
    }

    /// <summary>A free reads a page's flags, the page fails, the free writes them. It fails once more: as read it is then held twice.</summary>
    [Theory, MemberData(nameof(AsReadAndMended))]
    public void A_free_that_writes_the_flags_takes_the_poison_along(Deviation deviation)
    {
        Stage stage = HugetlbStage.New(With(deviation), systemOrder: 5);
        int pfn = stage.Anon(0, 3), failing = pfn + 5;
        // The CPU's list is full, so the folio goes to the zone.
        Handle[] driver = [stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.Sg, 3)), stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.Sg, 3))];
        foreach (Handle handle in driver) stage.Run(cpu => DriverMemory.Free(cpu, handle));
        stage.Begin(async cpu => { for (int i = 0; i < 8; i++) await Zap.Slot(cpu, 0, i); }, cpu: 0);
        FailBeforeWrite(stage, Step.F6, failing);
        Assert.Equal((Owner.HwpTaken, deviation == Deviation.None), (stage.Ghost.OwnerOf(failing), stage.Poisoned(failing)));
        stage.Fail(failing, cpu: 1);
        Assert.Equal(deviation == Deviation.None ? 1u : 2u, stage.Memory[new Page(failing).Refcount]);
        if (deviation == Deviation.None) stage.AssertNothingLeft();
    }

    /// <summary>The same of a split, in a page of a folio.</summary>
    [Theory, MemberData(nameof(AsReadAndMended))]
    public void A_split_that_writes_the_flags_takes_the_poison_along(Deviation deviation)
    {
        Stage stage = HugetlbStage.New(With(deviation));
        int pfn = stage.Anon(0, 3), failing = pfn + 4;
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 2, uniform: true), cpu: 0);
        FailBeforeWrite(stage, Step.T1, failing);
        Assert.Equal(deviation == Deviation.None, stage.Poisoned(failing));
        if (deviation == Deviation.None) stage.AssertNothingLeft();
    }

    /// <summary>Half of a folio is hugetlb again while tails of the other half still lead to it.</summary>
    [Theory, MemberData(nameof(AsReadAndMended))]
    public void A_failure_during_demotion_is_recorded_in_the_wrong_folio(Deviation deviation)
    {
        Stage stage = HugetlbStage.Grown(With(deviation));
        stage.Begin(HugetlbDemotion.Demote, cpu: 0);
        Half type = new Page(0).Type;
        // Up to the first part's new type, or to the second part where that comes first.
        while (PageType.Is(stage.Memory[type], PageType.Hugetlb)
            && !(stage.Machine.Cpus[0].Pending.Step == Step.HtlbDemote && stage.Machine.Cpus[0].Pending.WordIndex == new Page(4).Mapping.Index)) stage.Step(0);
        while (!(stage.Machine.Cpus[0].Pending.Step == Step.HtlbDemote && stage.Machine.Cpus[0].Pending.WordIndex == new Page(4).Mapping.Index)) stage.Step(0);
        stage.Fail(6, cpu: 1);
        if (stage.Violation is null) stage.Finish(0);
        AssertCandidate(stage, deviation, "I52");
    }

    /// <summary>A poisoned folio of the pool is given back: the whole of it reaches the free lists.</summary>
    [Theory, MemberData(nameof(AsReadAndMended))]
    public void A_poisoned_hugetlb_folio_is_freed_whole(Deviation deviation)
    {
        Stage stage = HugetlbStage.Grown(With(deviation));
        stage.Call(cpu => HugetlbPool.Allocate(cpu, 0));
        stage.Fail(6, cpu: 1);
        stage.Run(cpu => FolioReferences.Put(cpu, stage.Ghost.FolioToken(0))).Run(async cpu => { await HugetlbPool.Shrink(cpu, 0); });
        if (deviation != Deviation.None) stage.Audit();
        AssertCandidate(stage, deviation, "I52");
    }

    /// <summary>A free folio is locked without a reference, and somebody else dissolves it meanwhile.</summary>
    [Theory, MemberData(nameof(AsReadAndMended))]
    public void A_free_hugetlb_folio_is_dissolved_with_its_lock_held(Deviation deviation)
    {
        Stage stage = HugetlbStage.Grown(With(deviation));
        stage.Begin(cpu => MemoryFailure.Fail(cpu, 6), cpu: 1);
        if (deviation == Deviation.None) stage.StepTo(1, Step.HtlbDissolve);
        else stage.StepTo(1, Step.FolioUnlock);
        stage.Run(async cpu => { await HugetlbDemotion.Dissolve(cpu, 0); });
        if (stage.Violation is null) stage.Finish(1);
        AssertCandidate(stage, deviation, "I18");
    }

    /// <summary>memory_failure() finds a page that is none of hugetlb; before it sets the bit, the page is a read-only tail.</summary>
    [Fact]
    public void PG_hwpoison_is_set_in_a_read_only_struct_page()
    {
        Stage stage = HugetlbStage.New(With(Deviation.PoisonAsRead));
        stage.Begin(cpu => MemoryFailure.Fail(cpu, 6), cpu: 1);
        stage.StepTo(1, Step.MfSet);
        stage.Run(async cpu => { await HugetlbPool.Grow(cpu); });
        stage.Finish(1);
        stage.AssertViolates("I50");
        // Mended, HVO waits for the section in which the bit is set.
        Stage mended = HugetlbStage.New();
        mended.Begin(cpu => MemoryFailure.Fail(cpu, 6), cpu: 1);
        while (mended.Machine.Cpus[1].Pending.Kind != AccessKind.Or) mended.Step(1);
        mended.Begin(async cpu => { await HugetlbPool.Grow(cpu); }, cpu: 0);
        while ((mended.Machine.Runnable & 1) != 0 && !mended.Machine.Cpus[0].Finished) mended.Step(0);
        mended.Finish(1);
        mended.AssertClean();
    }

    /// <summary>What a failure writes between the copy of the head's page and its remapping is lost with the old frame.</summary>
    [Fact]
    public void A_failure_is_lost_between_the_copy_and_the_remapping_of_a_head()
    {
        foreach (Deviation deviation in new[] { Deviation.HvoCopiesBeforeRemap, Deviation.None })
        {
            Stage stage = HugetlbStage.New(With(deviation));
            stage.Begin(async cpu => { await HugetlbPool.Grow(cpu); }, cpu: 0);
            stage.StepTo(0, deviation == Deviation.None ? Step.HvoRemap : Step.HvoCopy);
            if (deviation != Deviation.None) stage.Step(0);
            stage.Fail(6, cpu: 1);
            stage.Finish(0);
            stage.Audit();
            if (deviation == Deviation.None) stage.AssertNothingLeft();
            else stage.AssertViolates("I52");
        }
    }
}
