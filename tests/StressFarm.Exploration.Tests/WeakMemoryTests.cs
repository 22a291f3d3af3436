namespace StressFarm.Exploration.Tests;

/// <summary>Memory models under exploration (K-5): what Z05 needs, and that its schedules shrink and replay like others.</summary>
public class WeakMemoryTests
{
    private const int Schedules = 1536;

    private static Cell Readers(MemoryModel model, string strategy = "portfolio") =>
        new(new Policy { Spl = Spl.NoRmb, MemoryModel = model }, Catalog<Workload>.Find("migration-entry")!, strategy, TestCells.Small, new Dictionary<string, int>());

    [Theory]
    [InlineData(MemoryModel.Sc, false)]
    [InlineData(MemoryModel.Tso, false)]
    [InlineData(MemoryModel.Weak, true)]
    public void Z05_is_found_under_WEAK_alone(MemoryModel model, bool found)
    {
        ShardRecord record = new ShardExecutor(TestCells.Small).Run(Readers(model), 1, Schedules);
        Assert.Equal(found ? ["I41"] : [], record.Findings.Select(f => f.Invariant).Distinct());
    }

    [Theory]
    [InlineData("pos")]
    [InlineData("feedback")]
    public void A_run_is_a_pure_function_of_its_seeds(string strategy)
    {
        Cell cell = Readers(MemoryModel.Weak, strategy);
        ShardRecord first = new ShardExecutor(TestCells.Small).Run(cell, 1, 256), again = new ShardExecutor(TestCells.Small).Run(cell, 1, 256);
        Assert.Equal((first.Digest, first.Steps), (again.Digest, again.Steps));
    }

    [Fact]
    public void A_finding_shrinks_and_its_token_replays_it()
    {
        Cell cell = Readers(MemoryModel.Weak, "pos");
        RawFinding raw = new ShardExecutor(TestCells.Small).Run(cell, 1, Schedules).Findings[0];
        Finding finding = new FindingWorkup(TestCells.Small).Work(cell, raw);
        Assert.Equal(10, finding.Reliability);
        ReplayToken token = ReplayToken.TryDecode(finding.Token, out string error)!;
        Assert.True(token is not null, error);
        Assert.Contains(token.Scenario.Choices, c => c >= Machine.FirstUnit);
        Assert.Equal(finding.Token, token.Encode());
        ReplayOutcome outcome = Replay.TryRun(finding.Token, out error)!;
        Assert.True(outcome is { Recurred: true, DigestMatches: true }, error);
        Assert.True(finding.Switches < 20, $"{finding.Switches} switches");
    }
}
