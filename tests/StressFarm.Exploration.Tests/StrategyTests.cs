namespace StressFarm.Exploration.Tests;

public class StrategyTests
{
    public static TheoryData<string> Strategies => [.. Catalog<Strategy>.Ids];

    /// <summary>Holds every choice against the contract.</summary>
    private sealed class Watched(Strategy inner) : Strategy
    {
        public int Choices { get; private set; }
        public List<byte> Chosen { get; } = [];
        public int Wrong { get; private set; }
        public override string Id => inner.Id;
        public override string Summary => inner.Summary;
        public override bool Fair => inner.Fair;
        public override void Begin(ulong seed, StepMachine machine) => inner.Begin(seed, machine);

        public override int Next(StepMachine machine)
        {
            int next = inner.Next(machine);
            Choices++;
            Chosen.Add((byte)next);
            if (next < 0 || next >= machine.ActiveCpus || (machine.Runnable >> next & 1) == 0) Wrong++;
            return next;
        }
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Only_runnable_CPUs_are_chosen(string id)
    {
        foreach (Cell cell in new[] { TestCells.Mixed(id), TestCells.Race(id) })
        {
            var runner = new ScheduleRunner(new Machine(TestCells.Small));
            var watched = new Watched(new ShardExecutor(TestCells.Small).Prepare(cell));
            var programme = new Programme();
            for (ulong seed = 0; seed < 100; seed++)
            {
                programme.Compose(cell.Workload, TestCells.Small, seed, cell.FixedParameters);
                runner.Run(programme, cell.Policy, watched, seed);
            }
            Assert.True(watched.Choices > 1000);
            Assert.Equal(0, watched.Wrong);
        }
    }

    /// <summary>Frequency of the planted race over many schedules of one programme.</summary>
    private static (double Frequency, int Steps) Hits(Func<int, Strategy> make, int publishAfter, int consumeAfter, int schedules)
    {
        var runner = new ScheduleRunner(new Machine(TestCells.Small));
        var programme = new Programme { Arena = new Arena(2, 4, -1, 2) };
        programme.Cpu(0).Add(new(Publish.Instance, publishAfter));
        programme.Cpu(1).Add(new(Consume.Instance, consumeAfter));
        int steps = publishAfter + 2 + consumeAfter + 1;
        Strategy strategy = make(steps);
        int hits = 0;
        for (ulong seed = 0; seed < (ulong)schedules; seed++)
        {
            runner.Run(programme, Policy.Control, strategy, seed, whole: false);
            if (runner.Machine.Violation is not null) hits++;
        }
        return ((double)hits / schedules, steps);
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(60, 5)]
    [InlineData(5, 60)]
    public void PCT_finds_a_bug_of_depth_2_as_often_as_its_bound_says(int publishAfter, int consumeAfter)
    {
        (double frequency, int steps) = Hits(k => new Pct(2, k), publishAfter, consumeAfter, 20_000);
        // This race is the bound's worst case: only one priority order and one change point find it. Hence three deviations.
        double bound = new PctBound(2, steps, 2).PerSchedule, deviation = Math.Sqrt(bound * (1 - bound) / 20_000);
        Assert.InRange(frequency, bound - 3 * deviation, bound + 3 * deviation);
    }

    [Fact]
    public void PCT_with_depth_1_cannot_find_a_bug_of_depth_2() =>
        Assert.Equal(0, Hits(k => new Pct(1, k), 20, 20, 5_000).Frequency);

    [Fact]
    public void POS_finds_a_race_after_unrelated_steps_more_often_than_a_random_walk()
    {
        double random = Hits(_ => new RandomWalk(), 60, 0, 20_000).Frequency;
        double pos = Hits(_ => new Pos(), 60, 0, 20_000).Frequency;
        Assert.True(pos > 10 * random && pos > 0.001, $"pos {pos}, random {random}");
    }

    [Fact]
    public void PCT_switches_at_most_where_it_must()
    {
        var runner = new ScheduleRunner(new Machine(TestCells.Small));
        var programme = new Programme { Arena = new Arena(3, 4, -1, 2) };
        for (int cpu = 0; cpu < 3; cpu++) programme.Cpu(cpu).Add(new(Consume.Instance, 30));
        var pct = new Pct(3, 93);
        for (ulong seed = 0; seed < 500; seed++)
        {
            runner.Run(programme, Policy.Control, pct, seed);
            // n - 1 because CPUs finish, d - 1 because priorities change and as many because a fallen CPU comes back.
            Assert.InRange(Scenario.SwitchesOf(runner.Choices), 2, 2 + 2 * 2);
        }
    }

    [Fact]
    public void The_portfolio_takes_its_arms_in_turn_and_answers_for_the_one_in_use()
    {
        var executor = new ShardExecutor(TestCells.Small);
        ShardRecord record = executor.Run(TestCells.Mixed("portfolio"), 0, 300);
        Assert.Equal(["pct", "pos", "random"], record.Arms.Select(a => a.Strategy));
        Assert.All(record.Arms, a => Assert.Equal(100, a.Schedules));
        Assert.Equal(record.Steps, record.Arms.Sum(a => a.Steps));
        Strategy portfolio = executor.Prepare(TestCells.Mixed("portfolio"));
        var machine = new Machine(TestCells.Small);
        machine.Reset(new Arena(2, 4, -1, 2), Policy.Control, null);
        for (ulong seed = 0; seed < 9; seed++)
        {
            portfolio.Begin(seed, machine);
            Assert.Equal(Catalog<Strategy>.Find(portfolio.Arm)!.Fair, portfolio.Fair);
            Assert.Equal(portfolio.Arm == "random", portfolio.Fair);
        }
    }

    [Fact]
    public void A_portfolio_arm_draws_what_the_strategy_alone_would()
    {
        var executor = new ShardExecutor(TestCells.Small);
        foreach (ulong seed in new ulong[] { 0, 1, 2, 30, 31, 32 })
        {
            ShardRecord mixed = executor.Run(TestCells.Mixed("portfolio"), seed, 1);
            ShardRecord alone = executor.Run(TestCells.Mixed(mixed.Arms.Single().Strategy), seed, 1);
            Assert.Equal(alone.Digest, mixed.Digest);
        }
    }

    [Fact]
    public void The_guided_strategy_is_not_in_the_catalogue_and_reproduces_any_schedule()
    {
        Assert.Null(Catalog<Strategy>.Find("guided"));
        foreach (string id in Catalog<Strategy>.Ids)
        {
            var runner = new ScenarioRunner(TestCells.Small);
            Cell cell = TestCells.Mixed(id);
            Strategy strategy = new ShardExecutor(TestCells.Small).Prepare(cell);
            for (ulong seed = 50; seed < 60; seed++)
            {
                ScheduleResult first = runner.Run(cell, seed, ProgrammeEdits.None, strategy, seed);
                byte[] choices = [.. runner.Choices];
                ScheduleResult again = runner.Run(new Scenario(cell, seed, ProgrammeEdits.None, choices, strategy.Fair));
                Assert.Equal(first, again);
                Assert.Equal(choices, runner.Choices);
            }
        }
    }

    [Fact]
    public void The_guided_strategy_passes_over_what_cannot_run_and_then_takes_the_lowest()
    {
        var runner = new ScheduleRunner(new Machine(TestCells.Small));
        var programme = new Programme { Arena = new Arena(2, 4, -1, 2) };
        for (int cpu = 0; cpu < 2; cpu++) programme.Cpu(cpu).Add(new(Consume.Instance, 2));
        ScheduleResult result = runner.Run(programme, Policy.Control, new Guided([3, 3, 1, 0, 3, 1], fair: false), 0);
        Assert.Equal(ScheduleEnd.Done, result.End);
        Assert.Equal(new byte[] { 1, 0, 1, 0, 0, 1 }, runner.Choices);
    }

    [Fact]
    public void The_pilot_and_the_bound_depend_on_the_cell_alone()
    {
        Cell cell = TestCells.Race("pct");
        PctBound first = new ShardExecutor(TestCells.Small).PctBoundOf(cell)!;
        var other = new ShardExecutor(TestCells.Small);
        other.Run(TestCells.Mixed("pct"), 7, 20);
        Assert.Equal(first, other.PctBoundOf(cell));
        Assert.Equal(first, other.Run(cell, 12345, 3).Pct);
        Assert.Equal((4, Pct.DefaultDepth), (first.Cpus, first.Depth));
        Assert.Null(other.Run(TestCells.Race("random"), 0, 3).Pct);
    }

    [Theory]
    [InlineData(2, 1, 3, 1, 0.5)]
    [InlineData(2, 10, 2, 1, 0.05)]
    [InlineData(2, 10, 2, 20, 0.6415140775914581)]
    public void The_bound_is_Burckhardts(int n, int k, int d, long schedules, double expected) =>
        Assert.Equal(expected, new PctBound(n, k, d).Of(schedules), 12);

    [Fact]
    public void The_bound_keeps_its_digits_where_one_minus_p_would_not()
    {
        var bound = new PctBound(8, 100_000, 3);
        Assert.Equal(1000 * bound.PerSchedule, bound.Of(1000), 15);
        Assert.InRange(bound.Of(1000), 1e-8, 2e-8);
    }
}
