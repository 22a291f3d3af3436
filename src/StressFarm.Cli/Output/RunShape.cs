using StressFarm.Campaigns;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Runs;

namespace StressFarm.Cli.Output;

/// <summary>A campaign that was run or followed.</summary>
internal sealed record RunShape(
    string Build, string ModelVersion, ulong Seed, string Digest, long Steps, long Schedules, CanariesShape Canaries, double ElapsedSeconds,
    IReadOnlyList<CellHead> Cells, IReadOnlyList<FindingBrief> Findings)
{
    public static RunShape Of(CampaignReport report, CampaignOutcome outcome) => new(
        BuildInfo.Build, report.Model, report.Spec.FirstSeed, DigestText.Hex(report.Digest), report.Steps, report.Schedules, CanariesShape.Of(report.Canaries),
        Math.Round(outcome.Elapsed.TotalSeconds, 3), [.. report.Cells.Select(CellHead.Of)], [.. report.Findings.Select(f => FindingBrief.Of(f.Finding))]);
}
