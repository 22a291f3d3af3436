using System.Globalization;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Runs;
using StressFarm.Campaigns.Tallies;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Output;

/// <summary>What <c>compare</c> prints: the verdict table, what its verdicts mean, the findings.</summary>
internal static class CompareText
{
    public static void Write(CliHost host, CampaignReport report, string folder)
    {
        VerdictTable.WriteMatrix(host, report);
        WriteBound(host.Out, report);
        CanaryText.Write(host.Out, report);
        host.Out.WriteLine();
        foreach (CampaignFinding finding in report.Findings) FindingText.WriteShort(host.Out, finding);
        if (report.Findings.Count > 0) host.Out.WriteLine($"{Numbers.Of(report.Findings.Count, "finding")}; '{Explain(report.Findings[0].Finding.Id, folder)}' shows one in full.");
    }

    /// <summary>The command that explains a finding of the campaign in <paramref name="folder"/>, to be typed as it stands.</summary>
    private static string Explain(string id, string folder)
    {
        if (folder == Defaults.OutputFolder) return $"stressfarm explain {id}";
        bool plain = folder.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or ',' or '=' or ':' or '@');
        return $"stressfarm explain {id} --out {(plain ? folder : $"\"{folder}\"")}";
    }

    private static void WriteBound(TextWriter output, CampaignReport report)
    {
        if (report.Spec.Exhaust is not null) WriteSearchBound(output, report);
        IReadOnlyList<CellReport> clean = [.. report.Cells.Where(c => c.Verdict == Verdict.Clean)];
        if (clean.Count == 0) return;
        long least = clean.Min(c => c.Arms.Where(a => a.Strategy == "random").Sum(a => a.Schedules - a.Cut));
        string random = least > 0
            ? string.Create(CultureInfo.InvariantCulture, $"; a random-walk schedule violates with probability below 3/{least} = {Verdicts.RuleOfThree(least):0.0e-0} (95 %)") : "";
        output.WriteLine($"Clean is within a bound: {Numbers.Grouped(clean.Min(c => c.Schedules - c.Cut))} schedules or more{random}; each cell's bounds are in {OutputFolder.Report}.");
    }

    private static void WriteSearchBound(TextWriter output, CampaignReport report)
    {
        IReadOnlyList<SearchReport> exhausted = [.. report.Cells.Where(c => c.Verdict == Verdict.Exhausted).Select(c => c.Search!)];
        if (exhausted.Count == 0) return;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Exhausted is within a bound: these programmes, in every order of their accesses; up to {Numbers.Of(exhausted.Max(s => s.Counts.MostStates), "state")} of one, two of which were taken for one with a probability of at most {exhausted.Max(s => s.CollisionProbability):0.0e-0} in a cell; each cell's bounds are in {OutputFolder.Report}."));
    }
}
