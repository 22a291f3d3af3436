using System.Text.Json.Serialization.Metadata;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Runs;
using StressFarm.Campaigns.Soak;
using StressFarm.Exploration;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Output;

/// <summary>What <c>--format json</c> prints on standard output, and nothing else is printed there.</summary>
internal static class JsonOutput
{
    /// <summary>Also what a farm says, as the JSON that it says it in.</summary>
    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type) => output.WriteLine(JsonText.Of(value, type));

    public static void Write(TextWriter output, CampaignReport report, CampaignOutcome outcome) => Write(output, RunShape.Of(report, outcome), CommandJson.Default.RunShape);

    public static void Write(TextWriter output, ChainVerification done) => Write(output, done, CommandJson.Default.ChainVerification);

    public static void Write(TextWriter output, Finding finding) => Write(output, FindingFull.Of(finding), CommandJson.Default.FindingFull);

    public static void Write(TextWriter output, ReplayOutcome outcome) => Write(output, new(
        BuildInfo.Build, ModelVersion.Current, outcome.Recurred, outcome.DigestMatches, DigestText.Hex(outcome.Digest), DigestText.Hex(outcome.ExpectedDigest),
        PolicyName.Of(outcome.Cell.Policy), outcome.Cell.Workload.Id, outcome.Cell.StrategyId, outcome.Seed, outcome.Finding is { } finding ? FindingFull.Of(finding) : null),
        CommandJson.Default.ReplayShape);

    public static void Write(TextWriter output, LedgerCheckShape check) => Write(output, check, CommandJson.Default.LedgerCheckShape);

    public static void Write(TextWriter output, IReadOnlyList<ListItem> items) => Write(output, [.. items.Select(i => i.Fields)], CommandJson.Default.Lists);
}
