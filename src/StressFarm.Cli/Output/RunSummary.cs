using StressFarm.Campaigns;
using StressFarm.Campaigns.Reports;

namespace StressFarm.Cli.Output;

/// <summary>What stands below the findings, whoever ran the campaign.</summary>
internal static class RunSummary
{
    /// <param name="rate">behind the time</param>
    public static void Write(TextWriter output, CampaignReport report, TimeSpan elapsed, string rate = "")
    {
        output.WriteLine($"{Numbers.Of(report.Schedules, "schedule")}, {Numbers.Of(report.Steps, "step")} in {Numbers.Duration(elapsed)}{rate}; digest {DigestText.Hex(report.Digest)}");
        if (report.DeterminismChecked > 0)
            output.WriteLine($"determinism self-check: {Numbers.Of(report.DeterminismChecked, "schedule")} run twice, {report.DeterminismMismatches} differed");
    }
}
