using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Exploration;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Output;

/// <summary>A replay as text.</summary>
internal static class ReplayText
{
    public static void Write(TextWriter output, ReplayOutcome outcome)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | replay | policy {PolicyName.Of(outcome.Cell.Policy)} | workload {outcome.Cell.Workload.Id} | strategy {outcome.Cell.StrategyId} | seed {outcome.Seed} | {outcome.Cell.Geometry.Pages} pages, at most {outcome.Cell.Geometry.MaxCpus} CPUs"));
        output.WriteLine();
        if (outcome.Finding is { } finding)
        {
            FindingText.WriteFull(output, finding);
            output.WriteLine();
        }
        output.WriteLine(outcome.Recurred ? "The violation recurs." : "The violation does not recur.");
        output.WriteLine(outcome.DigestMatches
            ? $"digest {DigestText.Hex(outcome.Digest)}, as in the token"
            : $"digest {DigestText.Hex(outcome.Digest)}; the token's is {DigestText.Hex(outcome.ExpectedDigest)}");
    }
}
