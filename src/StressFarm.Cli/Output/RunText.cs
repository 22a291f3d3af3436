using System.Globalization;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Tallies;
using StressFarm.Cli.Hosting;

namespace StressFarm.Cli.Output;

/// <summary>What <c>run</c> prints: a line per cell, the bounds of those that are clean, the findings in full.</summary>
internal static class RunText
{
    public static void Write(CliHost host, CampaignReport report)
    {
        VerdictTable.WriteCells(host, report);
        CanaryText.Write(host.Out, report);
        foreach (CellReport cell in report.Cells.Where(c => c.Verdict != Verdict.Violated || c.Search is not null))
        {
            host.Out.WriteLine($"{cell.Policy} x {cell.Workload}{Section(cell)}: {Words(cell)}");
            foreach (string bound in cell.Bounds) host.Out.WriteLine($"    {bound}");
        }
        foreach (CellReport cell in report.Cells)
            if (cell.Timelines is { } timelines) host.Out.WriteLine($"{cell.Policy} x {cell.Workload}: {VerdictPage.TimelinesOf(timelines)}");
        host.Out.WriteLine();
        foreach (CampaignFinding finding in report.Findings)
        {
            FindingText.WriteFull(host.Out, finding.Finding);
            host.Out.WriteLine();
        }
    }

    private static string Section(CellReport cell) =>
        cell.Soak is { } soak ? string.Create(CultureInfo.InvariantCulture, $", section {soak.Section}") : "";

    private static string Words(CellReport cell) => cell switch
    {
        { Search: { } search } => $"{Verdicts.Name(cell.Verdict)}: {search.Sentence}",
        { Verdict: Verdict.Clean, Soak: not null } => "clean",
        { Verdict: Verdict.Clean } => "clean within this bound",
        { Schedules: 0 } => "inconclusive: the budget ended before any schedule of it was run",
        _ when cell.Cut == cell.Schedules => "inconclusive: every schedule was cut short",
        _ => "inconclusive: the budget ended before every schedule asked for was run",
    };
}
