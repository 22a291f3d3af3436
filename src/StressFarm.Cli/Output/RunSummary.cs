using StressFarm.Campaigns;
using StressFarm.Campaigns.Reports;

namespace StressFarm.Cli.Output;

/// <summary>What stands below the findings, whoever ran the campaign.</summary>
internal static class RunSummary
{
    /// <param name="rate">behind the time</param>
    public static void Write(TextWriter output, CampaignReport report, TimeSpan elapsed, string rate = "")
    {
        SearchReport? search = report.Cells[0].Search;
        string states = search is null ? "" : $"{Numbers.Of(report.Cells.Sum(c => c.Search!.Counts.States), "state")}, ";
        (string thing, string step, string run) = search is null ? ("schedule", "step", "run") : (search.Thing, "transition", "searched");
        output.WriteLine($"{Numbers.Of(report.Schedules, thing)}, {states}{Numbers.Of(report.Steps, step)} in {Numbers.Duration(elapsed)}{rate}; digest {DigestText.Hex(report.Digest)}");
        if (report.DeterminismChecked > 0)
            output.WriteLine($"determinism self-check: {Numbers.Of(report.DeterminismChecked, thing)} {run} twice, {report.DeterminismMismatches} differed");
    }
}
