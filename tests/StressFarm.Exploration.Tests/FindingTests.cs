namespace StressFarm.Exploration.Tests;

public class FindingTests
{
    private static readonly RawSignature s_race = new("T01", "test_word", "consume", "publish");

    /// <summary>The scenario of a cell's first violation, as its strategy drew it.</summary>
    private static Scenario Failing(Cell cell, ScenarioRunner runner)
    {
        RawFinding raw = TestCells.Finding(cell);
        Strategy strategy = new ShardExecutor(TestCells.Small).Prepare(cell);
        runner.Run(cell, raw.LowestSeed, ProgrammeEdits.None, strategy, raw.LowestSeed);
        Assert.Equal(s_race, runner.Signature);
        return new Scenario(cell, raw.LowestSeed, ProgrammeEdits.None, [.. runner.Choices], strategy.Fair);
    }

    [Theory]
    [InlineData("random", 2)]
    [InlineData("random", 4)]
    [InlineData("pct", 4)]
    [InlineData("pos", 3)]
    [InlineData("portfolio", 4)]
    public void Shrinking_keeps_the_signature_never_grows_and_leaves_the_race_alone(string strategy, int noise)
    {
        Cell cell = TestCells.Race(strategy, null, ("noise", noise));
        var runner = new ScenarioRunner(TestCells.Small);
        Scenario scenario = Failing(cell, runner);
        var steps = new List<Reproducer>();
        var shrinker = new Shrinker(runner, s_race) { Accepted = steps.Add };
        Reproducer best = shrinker.Shrink(scenario)!;
        Assert.Same(steps[^1], best);
        Assert.True(steps.Count > 3);
        var check = new ScenarioRunner(TestCells.Small);
        for (int i = 0; i < steps.Count; i++)
        {
            ScheduleResult again = check.Run(steps[i].Scenario);
            Assert.Equal(s_race, check.Signature);
            Assert.Equal(steps[i].Digest, again.Digest);
            if (i == 0) continue;
            Assert.True(steps[i].Operations <= steps[i - 1].Operations);
            Assert.True(steps[i].Length <= steps[i - 1].Length);
            Assert.True(steps[i].Operations < steps[i - 1].Operations || steps[i].Length < steps[i - 1].Length || steps[i].Switches < steps[i - 1].Switches);
        }
        // publish and consume, nothing in set-up; one CPU runs into the window, the other looks.
        Assert.Equal(2, best.Operations);
        Assert.Equal(1, best.Switches);
        Assert.True(shrinker.Budget.Replays <= ShrinkBudget.MostReplays);
    }

    [Fact]
    public void A_scenario_that_does_not_fail_is_not_shrunk()
    {
        var runner = new ScenarioRunner(TestCells.Small);
        Scenario scenario = Failing(TestCells.Race("random"), runner);
        Assert.Null(new Shrinker(runner, s_race with { Field = "other" }).Shrink(scenario));
    }

    [Fact]
    public void A_finding_is_worked_up_the_same_everywhere()
    {
        Cell cell = TestCells.Race("portfolio", null, ("noise", 3));
        RawFinding raw = TestCells.Finding(cell);
        Finding finding = new FindingWorkup(TestCells.Small).Work(cell, raw);
        Finding again = new FindingWorkup(TestCells.Small).Work(cell, raw);
        Assert.Equal(Flat(finding), Flat(again));
        Assert.Matches("^F-[0-9a-f]{6}$", finding.Id);
        Assert.Equal("T01 test_word consume×publish", finding.Signature);
        Assert.Equal(("", "control", "test-race", "portfolio"), (finding.Silencer, finding.Policy, finding.Workload, finding.Strategy));
        Assert.Equal((10, 1, raw.LowestSeed), (finding.Reliability, finding.Switches, finding.Seed));
        Assert.Equal("Corruption", finding.Severity);
    }

    [Fact]
    public void The_silencer_is_the_dimension_that_makes_the_difference()
    {
        // The planted race is looked for with CHECKS=1 only, which is control's value: against CHECKS=0 nothing is found.
        Policy other = Policy.Control with { Cmp = Cmp.Rfc, Enc = Enc.Ptr };
        Finding finding = Work(TestCells.Race("random", other));
        Assert.Equal("", finding.Silencer);
        Assert.Equal("cmp=rfc,enc=ptr", finding.Policy);
        Assert.Empty(new ShardExecutor(TestCells.Small).Run(TestCells.Race("random", Policy.Control with { Checks = Checks.Off }), 1, 100).Findings);
    }

    private static Finding Work(Cell cell) => new FindingWorkup(TestCells.Small).Work(cell, TestCells.Finding(cell));

    private static string Flat(Finding f) =>
        string.Join('\n', [f.ToString(), .. f.Columns, .. f.GuiltyWord, .. f.MailBlock]);

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void The_evidence_fits_and_names_the_writer(int noise)
    {
        Finding finding = Work(TestCells.Race("random", null, ("noise", noise)));
        Assert.InRange(finding.Columns.Count, 3, 20);
        Assert.All(finding.Columns, line => Assert.InRange(line.Length, 1, 100));
        Assert.All(finding.MailBlock, line => Assert.InRange(line.Length, 1, 74));
        Assert.Contains("CPU0", finding.Columns[0], StringComparison.Ordinal);
        Assert.Contains("CPU1", finding.Columns[0], StringComparison.Ordinal);
        Assert.Contains(finding.Columns, line => line.Contains("W2 test_word 0x0 -> 0x1", StringComparison.Ordinal));
        Assert.Contains(finding.Columns, line => line.Contains("W5 test_word reads 0x1", StringComparison.Ordinal));
        Assert.Contains(finding.MailBlock, line => line.StartsWith("publish()", StringComparison.Ordinal));
        Assert.Contains(finding.GuiltyWord, line => line.Contains("CPU0 publish W2 (PFN walker): 0x0 -> 0x1", StringComparison.Ordinal));
    }

    [Fact]
    public void Replaying_the_token_gives_the_finding_again()
    {
        Finding finding = Work(TestCells.Race("portfolio", null, ("noise", 2)));
        ReplayOutcome outcome = Replay.TryRun(finding.Token, out string error, TestCells.Workloads)!;
        Assert.Equal("", error);
        Assert.True(outcome.Recurred);
        Assert.True(outcome.DigestMatches);
        Assert.Equal(Flat(finding), Flat(outcome.Finding!));
    }

    [Fact]
    public void Replaying_a_token_whose_cause_is_gone_says_so()
    {
        Finding finding = Work(TestCells.Race("random"));
        ReplayToken token = ReplayToken.TryDecode(finding.Token, out _, TestCells.Workloads)!;
        // What a repaired model would do: the same programme and choices, but nobody looks.
        Cell mended = token.Scenario.Cell with { Policy = Policy.Control with { Checks = Checks.Off } };
        string other = (token with { Scenario = token.Scenario with { Cell = mended } }).Encode();
        ReplayOutcome outcome = Replay.TryRun(other, out _, TestCells.Workloads)!;
        Assert.False(outcome.Recurred);
        Assert.False(outcome.DigestMatches);
        Assert.Null(outcome.Finding);
    }

    [Fact]
    public void A_trace_tells_set_up_from_what_ran_together()
    {
        var runner = new ScenarioRunner(TestCells.Small);
        var trace = new StepTrace();
        runner.Machine.Trace = trace;
        ScheduleResult result = runner.Run(TestCells.Mixed("random"), 8, ProgrammeEdits.None, new RandomWalk(), 8);
        Assert.Equal(result.Steps, trace.Steps.Count(s => !s.IsRaw));
        Assert.Equal(runner.Choices.Count, trace.Steps.Count(s => s.Part == TracePart.Concurrent && !s.IsRaw));
        Assert.All(trace.Steps, s => Assert.Equal(s.Part != TracePart.Concurrent, s.Cpu == runner.Machine.SetupCpu.Number));
        Assert.Equal(trace.Steps.Select(s => s.Part), trace.Steps.Select(s => s.Part).Order());
        runner.Machine.Trace = null;
        Assert.Equal(result, runner.Run(TestCells.Mixed("random"), 8, ProgrammeEdits.None, new RandomWalk(), 8));
    }

    /// <summary>Polls a word that nobody ever sets.</summary>
    private sealed class Poll : Operation
    {
        public override string Id => "poll";
        public override string Summary => "spins";

        public override async Op Run(Cpu cpu, OpCall call)
        {
            while (await cpu.Load(TestWords.Shared(cpu), Step.W1) == 0) await cpu.Yield(Step.W2);
        }
    }

    private sealed class PollWorkload : Workload
    {
        private readonly Poll _poll = new();
        public override string Id => "test-poll";
        public override string Summary => "one CPU never ends";

        public override void Compose(Programme programme, Geometry geometry)
        {
            programme.Arena = new Arena(2, 4, -1, 2);
            for (int i = 0; i < 3; i++) programme.Cpu(1).Add(new(Noise.Instance, 2));
            programme.Cpu(0).Add(new(Noise.Instance, 2));
            programme.Cpu(0).Add(new(_poll));
        }
    }

    [Fact]
    public void Liveness_is_judged_under_fair_strategies_only_and_shrinks_to_its_loop()
    {
        var cell = new Cell(Policy.Control, new PollWorkload(), "random", TestCells.Small, new Dictionary<string, int>());
        var executor = new ShardExecutor(TestCells.Small);
        RawFinding raw = executor.Run(cell, 5, 1).Findings.Single();
        Assert.Equal(("I57", "poll"), (raw.Invariant, raw.Operation));
        Finding finding = new FindingWorkup(TestCells.Small).Work(cell, raw);
        Assert.Equal((10, ScheduleRunner.OperationStepBound + 1), (finding.Reliability, finding.Length));
        Assert.True(finding.Columns.Count <= 20);
        ShardRecord unfair = executor.Run(cell with { StrategyId = "pos" }, 5, 1);
        Assert.Empty(unfair.Findings);
        Assert.Equal(1, unfair.Arms.Single().Cut);
    }
}
