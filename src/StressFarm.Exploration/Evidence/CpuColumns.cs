using System.Globalization;
using System.Text;

namespace StressFarm.Exploration;

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
            lines.Add(Line(cpus, width, " | ", row.Cpu, (begins ? row.Operation + ": " : "  ") + Text(row, field), _ => ""));
        }
        lines.Add(Line(cpus, width, " | ", rows[^1].Cpu, "! " + verdict, _ => ""));
        return lines;
    }

    private static string Text(EvidenceRow row, string field) => row.OperationNumber < 0 ? ""
        : row.Guilty.Length > 0 ? $"{row.Range} {field} {row.Guilty}"
        : row.Steps == 1 ? row.Range
        : string.Create(CultureInfo.InvariantCulture, $"{row.Range} ({row.Steps})");

    /// <summary>CPU0…; the CPU that runs set-up and teardown has no number worth knowing.</summary>
    internal static string CpuName(int cpu, IReadOnlyList<EvidenceRow> rows) =>
        rows.Any(r => r.Cpu == cpu && r.Operation == "teardown") ? "teardown" : string.Create(CultureInfo.InvariantCulture, $"CPU{cpu}");

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

    private static string Fit(string text, int width) => text.Length <= width ? text : text[..Math.Max(0, width - 1)] + "~";
}
