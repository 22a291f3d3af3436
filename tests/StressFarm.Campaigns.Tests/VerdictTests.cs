namespace StressFarm.Campaigns.Tests;

public class VerdictTests
{
    private static CellTally Tally(long schedules, long violated, long cut)
    {
        var plan = new CampaignPlan(Specs.Small());
        var tally = new CampaignTally(plan);
        tally.Add(0, new(1, schedules, 10, [new("pct", schedules / 2, 5, 0, 0), new("random", schedules - schedules / 2, 5, violated, cut)], [], 0, 0) { Pct = new PctBound(4, 100, 3) });
        return tally.Cells[0];
    }

    [Theory]
    [InlineData(100, 1, 0, 100L, Verdict.Violated)]
    [InlineData(50, 1, 0, 100L, Verdict.Violated)]
    [InlineData(100, 0, 0, 100L, Verdict.Clean)]
    [InlineData(100, 0, 10, 100L, Verdict.Clean)]
    [InlineData(100, 0, 0, null, Verdict.Clean)]
    [InlineData(99, 0, 0, 100L, Verdict.Inconclusive)]
    [InlineData(100, 0, 100, 100L, Verdict.Inconclusive)]
    [InlineData(0, 0, 0, null, Verdict.Inconclusive)]
    public void Verdict_of_a_cell(long schedules, long violated, long cut, long? asked, Verdict expected) =>
        Assert.Equal(expected, Verdicts.Of(Tally(schedules, violated, cut), asked));

    [Fact]
    public void Clean_states_its_bounds_and_cut_schedules_are_in_none()
    {
        IReadOnlyList<string> bounds = Verdicts.Bounds(Tally(600, 0, 100));
        Assert.StartsWith("500 schedules without a violation, 100 cut short", bounds[0]);
        Assert.Contains("3/200 = 1.5e-2 (95 %)", bounds[1]);
        Assert.Contains("300 schedules", bounds[2]);
        Assert.Contains("n=4 CPUs, k=100 steps, d=3", bounds[2]);
    }

    [Fact]
    public void Rule_of_three_covers_the_exact_bound()
    {
        // Exactly: 1 - 0.05^(1/n). Three over n is never below it, and close for large n.
        foreach (long n in (long[])[1, 3, 10, 100, 100_000])
            Assert.InRange(Verdicts.RuleOfThree(n), 1 - Math.Pow(0.05, 1.0 / n), 1);
        Assert.Equal(1, Verdicts.RuleOfThree(0));
    }

    [Fact]
    public void Findings_are_one_per_signature_lowest_in_cell_and_seed()
    {
        CampaignSpec spec = Specs.Small(schedules: 400);
        CampaignOutcome outcome = Specs.Run(spec, new MemoryStore(), new FakeEngine());
        CampaignReport report = outcome.Report!;
        Assert.Equal(3, report.Findings.Count);
        Assert.Equal(report.Findings.Count, report.Findings.Select(f => f.Finding.Signature).Distinct().Count());
        Assert.All(report.Findings, f => Assert.Equal(0, f.Cell));
        Assert.All(report.Findings, f => Assert.Equal("control", f.Finding.Policy));
        Assert.Equal(report.Cells.Sum(c => c.Violated), report.Findings.Sum(f => f.Count));
        Assert.All(report.Cells.Where(c => c.Verdict == Verdict.Violated), c => Assert.Contains(report.Findings, f => f.Finding.Id == c.FirstFinding));
    }

    [Fact]
    public void A_planted_bug_shows_in_the_name_of_the_design()
    {
        KnownBug bug = Catalog<KnownBug>.Find("Z06")!;
        Assert.Equal("control+Z06", PolicyChoice.Of(Policy.Control, bug).Name);
        Assert.Equal("rfc-v1", PolicyChoice.Of(Presets.Find("rfc-v1")!.Policy).Name);
        Assert.Equal("cmp=rfc,checks=0", PolicyChoice.Of(Policy.TryParse("cmp=rfc,checks=0", out _)!).Name);
    }
}
