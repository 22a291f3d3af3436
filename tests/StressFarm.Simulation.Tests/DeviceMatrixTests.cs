namespace StressFarm.Simulation.Tests;

/// <summary>
/// K-4, the matrix of W-E (spec 4.2): a folio of all pages lived and was freed; T1 takes the first half, T2 the second. Each
/// cell is read from the simulated words or from the judge, at orders 3 → 2+2 (every access a step) and 9 → 8+8.
/// </summary>
public class DeviceMatrixTests
{
    public static TheoryData<Dpm, int> Designs()
    {
        var data = new TheoryData<Dpm, int>();
        foreach (Dpm dpm in Enum.GetValues<Dpm>())
            foreach (int order in new[] { 3, 9 })
                data.Add(dpm, order);
        return data;
    }

    /// <summary>The folio's life is over, and T1 has the first half when <paramref name="first"/>.</summary>
    private static DeviceStage Halves(Dpm dpm, int order, bool first = true)
    {
        var stage = new DeviceStage(new Policy { Dpm = dpm }, order, order).AfterLifeOf(order);
        if (first)
        {
            stage.AllocAt(0, order - 1);
            stage.Unlock(0);
        }
        stage.Stage.AssertClean();
        return stage;
    }

    [Theory, MemberData(nameof(Designs))]
    public void Stale_tails(Dpm dpm, int order)
    {
        DeviceStage stage = Halves(dpm, order);
        bool expected = dpm is Dpm.None or Dpm.AllocRange;
        for (int page = stage.Pages / 2; page < stage.Pages; page++) Assert.Equal(expected, stage.IsTail(page));
    }

    [Theory, MemberData(nameof(Designs))]
    public void PF_of_a_page_in_the_second_half(Dpm dpm, int order)
    {
        DeviceStage stage = Halves(dpm, order);
        int page = order == 9 ? 300 : 5;
        int head = stage.Stage.Call(c => DeviceWalk.GetByFolio(c, stage.Page(page)), 2);
        bool misled = dpm is Dpm.None or Dpm.AllocRange;
        // Misled: the recheck passes, since the stale tail is stable, and T1's folio has one more reference.
        Assert.Equal(misled ? stage.Base : -1, head);
        Assert.Equal(misled ? 2 : 1, stage.Refcount(0));
        if (!misled) Assert.False(stage.IsTail(page));
    }

    [Theory, MemberData(nameof(Designs))]
    public void NT_of_a_page_in_the_second_half_fails(Dpm dpm, int order)
    {
        DeviceStage stage = Halves(dpm, order);
        Assert.Equal(-1, stage.Stage.Call(c => DeviceWalk.GetPage(c, stage.Page(order == 9 ? 300 : 5)), 2));
        stage.Stage.AssertClean();
    }

    [Theory, MemberData(nameof(Designs))]
    public void E1_and_E3_at_0_read_T1s_folio(Dpm dpm, int order)
    {
        DeviceStage stage = Halves(dpm, order);
        Assert.Equal(stage.Pages / 2, ReadOrderAsEvictDoes(stage, 0));
    }

    [Theory, MemberData(nameof(Designs))]
    public void E1_and_E3_at_0_when_only_T2_ran(Dpm dpm, int order)
    {
        DeviceStage stage = Halves(dpm, order, first: false);
        stage.Alloc(order - 1, choice: 1, cpu: 1);
        if (dpm == Dpm.None)
        {
            // T2 is not clean by itself: its head still is a tail.
            stage.Stage.AssertViolates("I02");
            return;
        }
        stage.Stage.AssertClean();
        Assert.Equal(dpm == Dpm.AllocRange ? stage.Pages : 1, ReadOrderAsEvictDoes(stage, 0));
    }

    [Theory, MemberData(nameof(Designs))]
    public void Eviction_of_both_halves_when_only_T2_ran(Dpm dpm, int order)
    {
        if (dpm == Dpm.None) return;
        DeviceStage stage = new DeviceStage(new Policy { Dpm = dpm, Evict = Evict.K73 }, order, order).AfterLifeOf(order);
        stage.AllocAt(stage.Pages / 2, order - 1);
        stage.Unlock(stage.Pages / 2);
        stage.Stage.Run(c => DeviceEviction.Run(c, stage.Base, stage.Pages), 1);
        if (dpm == Dpm.AllocRange) stage.Stage.AssertViolates("I47");
        else stage.Stage.AssertClean();
    }

    [Theory]
    [InlineData(Dpm.None, 3)]
    [InlineData(Dpm.None, 9)]
    public void Concurrent_halves_without_any_reset(Dpm dpm, int order)
    {
        // In any order of the two, as soon as T2's head gets PG_head.
        Assert.All(Interleavings(dpm, order, exhaustive: order == 3), id => Assert.Equal("I02", id));
    }

    [Theory]
    [InlineData(Dpm.FreeCore, 3)]
    [InlineData(Dpm.FreeDrv, 3)]
    [InlineData(Dpm.AllocRange, 3)]
    [InlineData(Dpm.AllocPredLock, 3)]
    [InlineData(Dpm.FreeCore, 9)]
    [InlineData(Dpm.FreeDrv, 9)]
    [InlineData(Dpm.AllocRange, 9)]
    [InlineData(Dpm.AllocPredLock, 9)]
    public void Concurrent_halves_are_independent(Dpm dpm, int order) =>
        Assert.All(Interleavings(dpm, order, exhaustive: order == 3), id => Assert.Equal("", id));

    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    public void Concurrent_halves_wipe_each_other_when_each_undoes_the_whole_predecessor(int order)
    {
        HashSet<string> seen = [.. Interleavings(Dpm.AllocPred, order, exhaustive: order == 3)];
        Assert.Contains("I44", seen);
        Assert.Contains("", seen);
    }

    private static int ReadOrderAsEvictDoes(DeviceStage stage, int page) => stage.Stage.Call(async c =>
    {
        int head = await CompoundPages.PageFolio(c, stage.Page(page), Step.E1);
        return await DeviceMemory.NrPages(c, new Folio(head), Step.E3);
    }, 2);

    /// <summary>
    /// What is violated ("" for nothing) when T1 takes i steps, T2 takes j, and both go on to their end: for all i and, when
    /// exhaustive, all j; otherwise T2 runs through.
    /// </summary>
    private static IEnumerable<string> Interleavings(Dpm dpm, int order, bool exhaustive)
    {
        int length = Length(dpm, order), stride = exhaustive ? 1 : 7;
        for (int i = 0; i <= length; i += stride)
            for (int j = exhaustive ? 1 : length; j <= length; j += exhaustive ? 2 : length)
                yield return Interleave(dpm, order, i, j);
    }

    private static string Interleave(Dpm dpm, int order, int i, int j)
    {
        DeviceStage stage = Halves(dpm, order, first: false);
        Start(stage, 0, order, 0);
        stage.Advance(0, i);
        // When T1 has not taken its half yet, T2's is still the second that fits.
        bool taken = stage.Stage.Ghost.OwnerOf(stage.Base) != Owner.DevFree;
        Start(stage, 1, order, taken ? 0 : 1);
        stage.Advance(1, j);
        while (stage.Violation is null && stage.Machine.Runnable != 0)
        {
            stage.Advance(0, int.MaxValue);
            stage.Advance(1, int.MaxValue);
        }
        return stage.Violation?.Invariant.Id ?? "";
    }

    private static void Start(DeviceStage stage, int cpu, int order, int choice) => stage.Stage.Begin(async c =>
    {
        DeviceBlock block = await DeviceMemory.Alloc(c, order - 1, choice);
        await FolioReferences.Unlock(c, new Folio(block.Pfn));
    }, cpu, $"T{cpu + 1}");

    private static int Length(Dpm dpm, int order)
    {
        DeviceStage stage = Halves(dpm, order, first: false);
        long before = stage.Machine.Steps;
        Start(stage, 0, order, 0);
        stage.Advance(0, int.MaxValue);
        return (int)(stage.Machine.Steps - before);
    }
}
