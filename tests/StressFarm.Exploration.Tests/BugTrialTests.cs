namespace StressFarm.Exploration.Tests;

public class BugTrialTests
{
    /// <summary>A bug that plants nothing: the control of the trial itself.</summary>
    private sealed class Nothing : KnownBug
    {
        public override string Id => "none";
        public override string Title => "nothing is planted";
        public override string Source => "synthetic";
        public override string Mechanism => "";
        public override IReadOnlyList<string> Invariants => ["I06"];
        public override string Workload => "driver-mmap";
        public override Policy Plant(Policy policy) => policy;
    }

    private readonly BugTrial _trial = new(new Geometry());

    [Fact]
    public void What_is_not_planted_is_not_caught()
    {
        BugTrialRow row = _trial.Try(new Nothing(), "portfolio", firstSeeds: 2, budget: 100_000);
        Assert.Empty(row.Found);
        Assert.All(row.Sightings, s => Assert.True(s.Steps >= 100_000));
        Assert.Null(_trial.Shortest(row));
        Assert.Equal((0L, 0L, 0L), row.Range(s => s.Steps));
    }

    /// <summary>K-11: the same bug in a kernel with its debug checks and in one without.</summary>
    [Fact]
    public void A_production_kernel_says_less_than_a_debug_kernel_and_the_bug_is_caught_in_both()
    {
        KnownBug bug = Catalog<KnownBug>.Find("Z01")!;
        Finding? Of(Checks checks) => _trial.Shortest(_trial.Try(bug, "portfolio", firstSeeds: 1, budget: 1_000_000, checks));
        Assert.NotNull(Of(Checks.On)!.KernelSays);
        Assert.Null(Of(Checks.Off)!.KernelSays);
    }

    [Fact]
    public void A_sighting_counts_the_schedules_up_to_the_first_violation()
    {
        KnownBug bug = Catalog<KnownBug>.Find("Z28")!;
        BugTrialRow row = _trial.Try(bug, "random", firstSeeds: 3, budget: 1_000_000);
        Assert.Equal(["I22"], row.Invariants);
        var executor = new ShardExecutor(new Geometry());
        var cell = new Cell(bug.Plant(Policy.Control), Catalog<Workload>.Find(bug.Workload)!, "random", new Geometry(), new Dictionary<string, int>());
        foreach (BugSighting s in row.Found)
        {
            ShardRecord before = executor.Run(cell, s.FirstSeed, (int)s.Schedules - 1), with = executor.Run(cell, s.FirstSeed, (int)s.Schedules);
            Assert.Empty(before.Findings);
            Assert.Equal(("I22", s.Steps), (Assert.Single(with.Findings).Invariant, with.Steps));
        }
        Assert.Equal(3, row.Found.Count());
        (long low, long median, long high) = row.Range(s => s.Schedules);
        Assert.True(low <= median && median <= high && low > 1);
    }

    [Fact]
    public void The_shortest_schedule_is_the_shortest_of_those_found()
    {
        BugTrialRow row = _trial.Try(Catalog<KnownBug>.Find("Z41")!, "portfolio", firstSeeds: 4, budget: 1_000_000);
        Finding shortest = _trial.Shortest(row)!;
        var workup = new FindingWorkup(new Geometry());
        var cell = new Cell(row.Bug.Plant(Policy.Control), Catalog<Workload>.Find(row.Bug.Workload)!, "portfolio", new Geometry(), new Dictionary<string, int>());
        Assert.Equal(row.Found.Min(s => workup.Work(cell, s.Raw!).Length), shortest.Length);
        Assert.NotNull(ReplayToken.TryDecode(shortest.Token, out _));
    }
}
