using System.Globalization;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Output;

/// <summary>A finding as text: sentence, CPU columns, the guilty word, the replay command, how reliably it replays.</summary>
internal static class FindingText
{
    /// <summary>The finding without its columns: what a table of many is followed by.</summary>
    public static void WriteShort(TextWriter output, CampaignFinding found)
    {
        Finding f = found.Finding;
        output.WriteLine($"{f.Id}  {f.Signature}");
        output.WriteLine($"    {f.Sentence}");
        output.WriteLine($"    under {string.Join(", ", found.Policies)}: {(f.IsOfSearch ? Numbers.Of(found.Count, "search", "es") : Numbers.Of(found.Count, "schedule"))}");
        output.WriteLine($"    {Place(f)}");
        output.WriteLine($"    replay:  {ReportWriter.ReplayCommand(f)}");
        output.WriteLine();
    }

    public static void WriteFull(TextWriter output, Finding f)
    {
        output.WriteLine($"{f.Id}  {f.Signature}");
        output.WriteLine();
        output.WriteLine(f.Sentence);
        output.WriteLine($"severity {f.Severity}; {(f.KernelSays is { } says ? $"a debug kernel would print: {says}" : $"the kernel's own check for it: {Mirror(f)}")}");
        output.WriteLine();
        Block(output, f.Columns);
        Block(output, f.GuiltyWord);
        output.WriteLine(Place(f));
        if (f.HistorySentence() is { } history) output.WriteLine(history);
        output.WriteLine(f.SilencedBy());
        output.WriteLine($"reliability: {f.Reliability}/10 replays give the same signature");
        output.WriteLine($"replay:  {ReportWriter.ReplayCommand(f)}");
    }

    private static string Mirror(Finding f) => Catalog<Invariant>.Find(f.Invariant)?.Mirror ?? "unknown";

    public static string Place(Finding f) => string.Create(CultureInfo.InvariantCulture,
        $"{f.Policy} x {f.Workload} x {f.Strategy}, {(f.IsOfSearch ? "number" : "seed")} {f.Seed}; shrunk to {f.Length} step{(f.Length == 1 ? "" : "s")} with {f.Switches} context switch{(f.Switches == 1 ? "" : "es")}");

    private static void Block(TextWriter output, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) return;
        foreach (string line in lines) output.WriteLine($"  {line}".TrimEnd());
        output.WriteLine();
    }
}
