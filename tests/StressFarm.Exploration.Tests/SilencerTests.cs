namespace StressFarm.Exploration.Tests;

/// <summary>What a real violation is put down to, and what its design is called.</summary>
public class SilencerTests
{
    [Theory]
    [InlineData("rfc-v1", "driver-mmap", "CMP", "silenced by control's value of CMP")]
    [InlineData("no-reinit", "device-private-reinit", "DPM", "silenced by control's value of DPM")]
    [InlineData("mainline", "device-private-reinit", "EVICT", "silenced by control's value of EVICT")]
    public void A_design_s_violation_hangs_on_the_dimension_that_makes_the_design(string design, string workload, string dimension, string words)
    {
        Finding finding = First(Presets.Find(design)!.Policy, Catalog<Workload>.Find(workload)!);
        Assert.Equal((dimension, words, design), (finding.Silencer, finding.SilencedBy(), finding.Policy));
        Assert.EndsWith(" " + dimension, finding.Signature, StringComparison.Ordinal);
    }

    [Fact]
    public void A_planted_bug_s_violation_hangs_on_the_bug()
    {
        KnownBug bug = Catalog<KnownBug>.Find("Z06")!;
        Finding finding = First(bug.Plant(Policy.Control), Catalog<Workload>.Find(bug.Workload)!);
        Assert.Equal(("bug", "silenced without the planted bug", "control+Z06"), (finding.Silencer, finding.SilencedBy(), finding.Policy));
        Assert.Contains(finding.Invariant, bug.Invariants);
        ReplayOutcome replay = Replay.TryRun(finding.Token, out _)!;
        Assert.Equal(("control+Z06", finding.Id), (replay.Finding!.Policy, replay.Finding.Id));
    }

    [Fact]
    public void Every_known_bug_gives_the_design_a_name_of_its_own()
    {
        foreach (Preset preset in Presets.All)
        {
            Assert.Equal(preset.Id, PolicyName.Of(preset.Policy));
            Assert.All(Catalog<KnownBug>.All.GroupBy(b => PolicyName.Of(b.Plant(preset.Policy))), same => Assert.Single(same.Select(b => b.Plant(preset.Policy)).Distinct()));
        }
        // A bug that is a value of a dimension is that design; one that also sets a dimension is named after what it was planted in.
        Assert.Equal("no-reinit", PolicyName.Of(Catalog<KnownBug>.Find("Z41")!.Plant(Policy.Control)));
        foreach (KnownBug bug in Catalog<KnownBug>.All.Where(b => b.Plant(Policy.Control).Deviations != Deviation.None))
            Assert.Equal($"control+{bug.Id}", PolicyName.Of(bug.Plant(Policy.Control)));
        Assert.Equal("cmp=rfc,checks=0", PolicyName.Of(Policy.TryParse("cmp=rfc,checks=0", out _)!));
    }

    /// <summary>The finding of the lowest seed that violates.</summary>
    private static Finding First(Policy policy, Workload workload)
    {
        var cell = new Cell(policy, workload, "portfolio", new Geometry(), new Dictionary<string, int>());
        var executor = new ShardExecutor(cell.Geometry);
        for (ulong first = 1; first < 100_000; first += 256)
            if (executor.Run(cell, first, 256).Findings.MinBy(f => f.LowestSeed) is { } raw) return new FindingWorkup(cell.Geometry).Work(cell, raw);
        throw new InvalidOperationException("nothing is violated");
    }
}
