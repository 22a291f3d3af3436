namespace StressFarm.Exploration.Tests;

/// <summary>The workloads gup-pin and folio-split: what control, the disputed designs and the known bugs come to.</summary>
public class GupSplitTests
{
    private static readonly Geometry s_geometry = new(256, 4);

    /// <summary>Runs an ordinary cell from a seed on, until a violation is the one looked for or the budget is spent; the steps.</summary>
    private static long Explore(Policy policy, string workload, string strategy, ulong first, long budget, Func<Violation, bool> stop,
        Dictionary<string, int>? parameters = null)
    {
        var cell = new Cell(policy, Catalog<Workload>.Find(workload)!, strategy, s_geometry, parameters ?? []);
        Strategy draws = new ShardExecutor(s_geometry).Prepare(cell);
        var machine = new Machine(s_geometry);
        var runner = new ScheduleRunner(machine);
        var programme = new Programme();
        long steps = 0;
        for (ulong seed = first; steps < budget; seed++)
        {
            programme.Compose(cell.Workload, s_geometry, seed, cell.FixedParameters);
            steps += runner.Run(programme, policy, draws, seed).Steps;
            if (machine.Violation is { } violation && stop(violation)) break;
        }
        return steps;
    }

    private static void AssertClean(Policy policy, string workload, string strategy, ulong first, long budget,
        Dictionary<string, int>? parameters = null) =>
        Explore(policy, workload, strategy, first, budget, v => throw new Xunit.Sdk.XunitException($"{policy}: {v.Invariant.Id} {v.Sentence}"), parameters);

    [Theory]
    [InlineData("control", "gup-pin")]
    [InlineData("control", "folio-split")]
    [InlineData("head-pointer", "folio-split")]
    [InlineData("gup=fail", "gup-pin")]
    [InlineData("gup=bias", "gup-pin")]
    [InlineData("rfc-gup-fail", "gup-pin")]
    [InlineData("rfc-v1", "folio-split")]
    [InlineData("spl=orig-first", "folio-split")]
    public void Designs_that_hold_are_clean(string design, string workload)
    {
        Policy policy = Policy.TryParse(design, out string error)!;
        Assert.True(policy is not null, error);
        // Under the RFC device folios have no _nr_pages (spec 4.1): without them, splits hold.
        Dictionary<string, int>? parameters = design == "rfc-v1" ? new() { ["device"] = 0 } : null;
        AssertClean(policy, workload, "random", 1, design == "control" ? 1_000_000 : 300_000, parameters);
        AssertClean(policy, workload, "portfolio", 1, design == "control" ? 1_000_000 : 300_000, parameters);
    }

    [Theory]
    [InlineData("cmp=rfc,map=skip", "gup-pin", "I27 I06")]
    [InlineData("rfc-gup-refonly", "gup-pin", "I27")]
    [InlineData("gup=refonly", "gup-pin", "I27")]
    [InlineData("rfc-v1", "folio-split", "I06")]
    [InlineData("spl=nofreeze", "folio-split", "I10 I01 I04 I21 I22 I25")]
    [InlineData("spl=early-unfreeze", "folio-split", "I25 I48")]
    public void Designs_that_do_not_hold_are_caught_by_the_invariants_they_break(string design, string workload, string invariants)
    {
        Policy policy = Policy.TryParse(design, out _)!;
        string found = "";
        Explore(policy, workload, "portfolio", 1, 5_000_000, v =>
        {
            found = v.Invariant.Id;
            return true;
        });
        Assert.Contains(found, invariants.Split(' '));
    }

    [Theory]
    [InlineData(Deviation.GupFastNoEntryRecheck, "gup-pin", "I28")]
    [InlineData(Deviation.ShareWithoutPinCheck, "folio-split", "I29")]
    public void Dropped_steps_are_caught(Deviation deviation, string workload, string invariant)
    {
        bool caught = false;
        Explore(new Policy { Deviations = deviation }, workload, "portfolio", 1, 5_000_000, v => caught = v.Invariant.Id == invariant);
        Assert.True(caught);
    }
}
