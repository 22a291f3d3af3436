using System.Globalization;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Tallies;

namespace StressFarm.Cli.Output;

/// <summary>What the canaries say about the detector: stands with every table of verdicts.</summary>
internal static class CanaryText
{
    public static void Write(TextWriter output, CampaignReport report)
    {
        CanarySummary canaries = report.Canaries;
        if (report.Spec.CanaryDrill) output.WriteLine("Canary drill: nothing was planted, so each canary must be missed.");
        output.WriteLine($"{canaries.Counts}{Kinds(canaries)}{(canaries.Blind ? $". THE DETECTOR IS BLIND to {Missed(canaries)}: trust no verdict here" : "")}.");
    }

    private static string Missed(CanarySummary canaries) => string.Join(", ", canaries.Each.Where(c => c.Missed > 0).Select(c => c.Id));

    private static string Kinds(CanarySummary canaries)
    {
        if (canaries.Each.Count == 0) return "";
        IEnumerable<string> kinds = canaries.Each.GroupBy(c => c.Kind).OrderBy(k => k.Key, StringComparer.Ordinal)
            .Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Key}s {k.Sum(c => c.Caught)} of {k.Sum(c => c.Planted)}"));
        return $": {string.Join(", ", kinds)}";
    }
}
