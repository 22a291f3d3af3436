namespace StressFarm.Exploration.Tests;

public class DeterminismTests
{
    public static TheoryData<string> Strategies => [.. Catalog<Strategy>.Ids];

    [Theory, MemberData(nameof(Strategies))]
    public void A_shard_gives_the_same_record_again_on_the_same_and_on_a_fresh_machine(string strategy)
    {
        Cell cell = TestCells.Mixed(strategy);
        var executor = new ShardExecutor(TestCells.Small);
        ShardRecord first = executor.Run(cell, 1000, 200);
        executor.Run(TestCells.Race(strategy), 0, 50); // leaves the machine in some other state
        ShardRecord again = executor.Run(cell, 1000, 200);
        ShardRecord fresh = new ShardExecutor(TestCells.Small).Run(cell, 1000, 200);
        Assert.NotEqual(0UL, first.Digest);
        foreach (ShardRecord other in new[] { again, fresh })
        {
            Assert.Equal(first.Digest, other.Digest);
            Assert.Equal(first.Steps, other.Steps);
            Assert.Equal(first.Arms, other.Arms);
            Assert.Equal(first.Pct, other.Pct);
        }
    }

    [Fact]
    public void Splitting_a_shard_changes_no_schedule()
    {
        Cell cell = TestCells.Race("portfolio");
        var executor = new ShardExecutor(TestCells.Small);
        ShardRecord whole = executor.Run(cell, 10, 300);
        ShardRecord left = executor.Run(cell, 10, 120), right = executor.Run(cell, 130, 180);
        Assert.Equal(whole.Steps, left.Steps + right.Steps);
        Assert.Equal(whole.Findings.Sum(f => f.Count), left.Findings.Sum(f => f.Count) + right.Findings.Sum(f => f.Count));
        Assert.Equal(whole.Findings[0].LowestSeed, (left.Findings.Count > 0 ? left : right).Findings[0].LowestSeed);
    }

    [Fact]
    public void Different_seeds_and_strategies_give_different_schedules()
    {
        var executor = new ShardExecutor(TestCells.Small);
        ulong[] strategies = [.. Catalog<Strategy>.Ids.Select(s => executor.Run(TestCells.Mixed(s), 3, 30).Digest)];
        Assert.Equal(strategies.Length, strategies.Distinct().Count());
        ulong[] seeds = [.. Enumerable.Range(4, 30).Select(seed => executor.Run(TestCells.Race("random"), (ulong)seed, 1).Digest)];
        Assert.Equal(seeds.Length, seeds.Distinct().Count());
    }

    [Fact]
    public void The_self_check_runs_every_97th_seed_twice_and_agrees()
    {
        ShardRecord record = new ShardExecutor(TestCells.Small).Run(TestCells.Mixed("portfolio"), 0, 300);
        Assert.Equal(4, record.DeterminismChecked);
        Assert.Equal(0, record.DeterminismMismatches);
    }

    /// <summary>An operation that remembers what it must not: the self-check is proven by what it has to catch.</summary>
    private sealed class Forgetful : Operation
    {
        private int _calls;
        public override string Id => "forgetful";
        public override string Summary => "behaves differently each time";

        public override async Op Run(Cpu cpu, OpCall call)
        {
            _calls++;
            await cpu.Store(TestWords.Shared(cpu), (ulong)_calls, Step.W1);
            await cpu.Store(TestWords.Shared(cpu), 0, Step.W1);
        }
    }

    private sealed class ForgetfulWorkload : Workload
    {
        private readonly Forgetful _operation = new();
        public override string Id => "forgetful";
        public override string Summary => "no pure function of its seed";

        public override void Compose(Programme programme, Geometry geometry)
        {
            programme.Arena = new Arena(2, 4, -1, 2);
            programme.Cpu(0).Add(new(_operation));
        }
    }

    [Fact]
    public void The_self_check_catches_an_impure_operation()
    {
        var cell = new Cell(Policy.Control, new ForgetfulWorkload(), "random", TestCells.Small, new Dictionary<string, int>());
        ShardRecord record = new ShardExecutor(TestCells.Small).Run(cell, 0, 100);
        Assert.Equal(2, record.DeterminismChecked);
        Assert.Equal(2, record.DeterminismMismatches);
    }

    [Fact]
    public void Cancelling_leaves_between_two_schedules()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => new ShardExecutor(TestCells.Small).Run(TestCells.Mixed("random"), 0, 10, cancelled.Token));
    }
}
