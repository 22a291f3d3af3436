namespace StressFarm.Exploration.Tests;

/// <summary>A protocol step that writes nothing is noticed by the invariant that is there for it, and by nothing when it writes.</summary>
public class MutantTests
{
    private const int Schedules = 64;
    private static readonly Geometry s_geometry = new(4096, 4);

    [Theory]
    [InlineData(Step.C1, "driver-mmap", "I01")]
    [InlineData(Step.C2, "slab-compound", "I04")]
    [InlineData(Step.A4, "pfn-walk", "I16")]
    [InlineData(Step.G5, "gup-pin", "I27")]
    [InlineData(Step.T7, "folio-split", "I06")]
    [InlineData(Step.D6, "device-private-reinit", "I47")]
    [InlineData(Step.LmAdd, "mixed", "I34")]
    public void A_dropped_step_makes_its_invariant_fire(Step step, string workload, string invariant)
    {
        Assert.Contains(invariant, Run(Policy.Control with { Dropped = step }, workload).Findings.Select(f => f.Invariant));
        Assert.Empty(Run(Policy.Control, workload).Findings);
    }

    [Fact]
    public void A_step_that_no_workload_takes_changes_nothing()
    {
        ShardRecord control = Run(Policy.Control, "driver-mmap"), mutant = Run(Policy.Control with { Dropped = Step.Z3 }, "driver-mmap");
        Assert.Equal((control.Digest, control.Steps), (mutant.Digest, mutant.Steps));
    }

    [Fact]
    public void A_mutant_is_named_by_its_step()
    {
        Assert.Equal("control+drop:C6", PolicyName.Of(Policy.Control with { Dropped = Step.C6 }));
        Assert.Equal("rfc-v1+Z06+drop:C6", PolicyName.Of(Catalog<KnownBug>.Find("Z06")!.Plant(Presets.Find("rfc-v1")!.Policy) with { Dropped = Step.C6 }));
        Assert.NotEqual(TestCells.Race("random").Key, (TestCells.Race("random") with { Policy = Policy.Control with { Dropped = Step.C6 } }).Key);
    }

    [Fact]
    public void What_a_mutant_shows_replays_from_its_token()
    {
        Cell cell = CellOf(Policy.Control with { Dropped = Step.C1 }, "driver-mmap");
        RawFinding raw = new ShardExecutor(s_geometry).Run(cell, 1, Schedules).Findings[0];
        Finding finding = new FindingWorkup(s_geometry).Work(cell, raw);
        Assert.Equal(("control+drop:C1", "bug"), (finding.Policy, finding.Silencer));
        ReplayToken token = ReplayToken.TryDecode(finding.Token, out string error) ?? throw new InvalidOperationException(error);
        Assert.Equal(cell.Policy, token.Scenario.Cell.Policy);
        var runner = new ScenarioRunner(s_geometry);
        Assert.Equal(token.Digest, runner.Run(token.Scenario).Digest);
        Assert.Equal(token.Signature, runner.Signature);
    }

    private static ShardRecord Run(Policy policy, string workload) => new ShardExecutor(s_geometry).Run(CellOf(policy, workload), 1, Schedules);

    private static Cell CellOf(Policy policy, string workload) =>
        new(policy, Catalog<Workload>.Find(workload)!, "random", s_geometry, new Dictionary<string, int>());
}
