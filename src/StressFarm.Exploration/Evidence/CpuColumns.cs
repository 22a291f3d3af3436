using System.Globalization;
using System.Text;

namespace StressFarm.Exploration.Evidence;

/// <summary>The schedule as a table: one column a CPU, time running down.</summary>
internal static class CpuColumns
{
    public const int MostRows = 20;
    public const int Width = 100;

    public static IReadOnlyList<string> Format(IReadOnlyList<EvidenceRow> rows, string field, string verdict)
    {
        if (rows.Count == 0) return [];
        int[] cpus = [.. rows.Select(r => r.Cpu).Distinct().Order()];
        int width = Math.Min(48, (Width + 3) / cpus.Length - 3);
        var lines = new List<string> { Line(cpus, width, " | ", -1, "", c => CpuName(c, rows)) };
        (int Cpu, int Operation) current = (-1, -1);
        foreach (EvidenceRow row in rows)
        {
            bool begins = current != (row.Cpu, row.OperationNumber);
            current = (row.Cpu, row.OperationNumber);
            lines.Add(Line(cpus, width, " | ", row.Cpu, Cell(row, begins, field, width), _ => ""));
        }
        lines.Add(Line(cpus, width, " | ", rows[^1].Cpu, "! " + verdict, _ => ""));
        return lines;
    }

    /// <summary>"operation: I1..I5 (7)"; where that does not fit, the names give way and the steps stay.</summary>
    private static string Cell(EvidenceRow row, bool begins, string field, int width)
    {
        if (row.OperationNumber < 0) return row.Operation;
        string steps = row.Steps == 1 ? row.Range : string.Create(CultureInfo.InvariantCulture, $"{row.Range} ({row.Steps})");
        string text = row.Guilty.Length == 0 ? steps : $"{steps} {field} {row.Guilty}";
        if (!begins) return "  " + (text.Length + 2 <= width || row.Guilty.Length == 0 ? text : $"{steps} {row.Guilty}");
        if (row.Operation.Length + 2 + text.Length > width && row.Guilty.Length > 0) text = $"{steps} {row.Guilty}";
        return $"{Fit(row.Operation, Math.Max(4, width - 2 - text.Length))}: {text}";
    }

    internal static string CpuName(int cpu, IReadOnlyList<EvidenceRow> rows) => rows.First(r => r.Cpu == cpu).CpuName;

    /// <summary>One line with <paramref name="text"/> in a CPU's column and <paramref name="others"/> in the rest.</summary>
    internal static string Line(int[] cpus, int width, string separator, int cpu, string text, Func<int, string> others)
    {
        var line = new StringBuilder();
        foreach (int column in cpus)
        {
            if (line.Length > 0 || column != cpus[0]) line.Append(separator);
            line.Append(Fit(column == cpu ? text : others(column), width).PadRight(width));
        }
        return line.ToString().TrimEnd();
    }

    internal static string Fit(string text, int width) => text.Length <= width ? text : text[..Math.Max(0, width - 1)] + "~";
}
