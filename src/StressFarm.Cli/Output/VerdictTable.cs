using System.Globalization;
using Spectre.Console;
using StressFarm.Campaigns.Reports;
using StressFarm.Cli.Hosting;

namespace StressFarm.Cli.Output;

/// <summary>Verdicts as tables: a matrix for many designs, a line per cell for a few.</summary>
internal static class VerdictTable
{
    /// <summary>Wider than any line per cell.</summary>
    private const int Unbroken = 1000;
    /// <summary>Columns beside the text of a column: a space on either side, and what stands between two.</summary>
    private const int Padding = 3;

    /// <summary>Policy × workload: verdict, schedules and steps, first finding; a line per cell where that is too wide.</summary>
    public static void WriteMatrix(CliHost host, CampaignReport report)
    {
        if (MatrixWidth(report) > host.Width)
        {
            WriteCells(host, report);
            return;
        }
        Table table = New();
        table.AddColumn(new TableColumn("policy").NoWrap());
        foreach (string workload in report.Spec.Workloads.Select(w => w.Id)) table.AddColumn(Markup.Escape(workload));
        int width = report.Spec.Workloads.Count;
        for (int row = 0; row < report.Spec.Policies.Count; row++)
        {
            var cells = new List<string> { Markup.Escape(report.Spec.Policies[row].Name) };
            for (int column = 0; column < width; column++) cells.Add(Entry(report.Cells[row * width + column]));
            table.AddRow(cells.ToArray());
        }
        Write(host, table);
        host.Out.WriteLine(report.Spec.Exhaust is null ? "Each entry: verdict and first finding, then schedules / steps."
            : $"Each entry: verdict and first finding, then {report.Cells[0].Search!.Thing}s / states.");
    }

    /// <summary>The columns a matrix takes when nothing in it is broken: each column has a space on either side.</summary>
    private static int MatrixWidth(CampaignReport report)
    {
        int width = report.Spec.Policies.Max(p => p.Name.Length) + Padding;
        foreach (var column in report.Cells.GroupBy(c => c.Workload))
            width += Math.Max(column.Key.Length, column.Max(c => Entry(c).Split('\n').Max(line => Markup.Remove(line).Length))) + Padding;
        return width + Padding;
    }

    /// <summary>A line per cell. Words and ids are never broken: a terminal that is too narrow folds the lines itself.</summary>
    public static void WriteCells(CliHost host, CampaignReport report)
    {
        Table table = New();
        string[] soak = report.Spec.Soak is null ? [] : ["section", "epochs"];
        string[] counted = report.Spec.Exhaust is null ? ["schedules", "steps"] : [$"{report.Cells[0].Search!.Thing}s", "states", "transitions"];
        foreach (string column in (string[])["policy", "workload", .. soak, "verdict", .. counted, "violated", "first finding"]) table.AddColumn(new TableColumn(column).NoWrap());
        foreach (CellReport cell in report.Cells)
        {
            string[] section = cell.Soak is { } s ? [Numbers.Grouped(s.Section), Numbers.Grouped(s.Epochs)] : [];
            string[] states = cell.Search is { } search ? [Numbers.Grouped(search.Counts.States)] : [];
            table.AddRow([Markup.Escape(cell.Policy), Markup.Escape(cell.Workload), .. section, Coloured(cell.Verdict), Numbers.Grouped(cell.Schedules), .. states,
                Numbers.Grouped(cell.Steps), Numbers.Grouped(cell.Violated), Markup.Escape(cell.FirstFinding ?? "-")]);
        }
        Write(host, table, Unbroken);
    }

    private static string Entry(CellReport cell)
    {
        string first = cell.FirstFinding is { } id ? $" {Markup.Escape(id)}" : "";
        if (cell.Search is not { } search) return $"{Coloured(cell.Verdict)}{first}\n{Numbers.Short(cell.Schedules)} / {Numbers.Short(cell.Steps)}";
        string share = cell.Verdict == Verdict.Inconclusive ? string.Create(CultureInfo.InvariantCulture, $" {search.Share * 100:0.0} %") : first;
        return $"{Coloured(cell.Verdict)}{share}\n{Numbers.Short(cell.Schedules)} / {Numbers.Short(search.Counts.States)}";
    }

    private static string Coloured(Verdict verdict) => verdict switch
    {
        Verdict.Violated => "[red]violated[/]",
        Verdict.Clean => "[green]clean[/]",
        Verdict.Exhausted => "[green]exhausted[/]",
        _ => "[yellow]inconclusive[/]",
    };

    private static Table New() => new() { Border = TableBorder.Simple, ShowRowSeparators = false };

    private static void Write(CliHost host, Table table, int least = 0)
    {
        bool colour = host is { OutIsTerminal: true, NoColor: false };
        using var text = new StringWriter { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = Math.Max(host.Width, least);
        console.Write(table);
        foreach (string line in text.ToString().TrimEnd().Split('\n')) host.Out.WriteLine(line.TrimEnd());
    }
}
