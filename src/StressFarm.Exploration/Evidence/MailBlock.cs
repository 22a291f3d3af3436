namespace StressFarm.Exploration.Evidence;

/// <summary>
/// The CPU0/CPU1 block of kernel changelogs: plain text under 75 columns. Only one CPU has text on a line, so a text may
/// reach into the columns to its right.
/// </summary>
internal static class MailBlock
{
    public const int Width = 74;
    public const int MostRows = 12;

    public static IReadOnlyList<string> Format(IReadOnlyList<EvidenceRow> rows, string field)
    {
        if (rows.Count == 0) return [];
        int[] cpus = [.. rows.Select(r => r.Cpu).Distinct().Order()];
        int width = (Width + 2) / cpus.Length - 2;
        var lines = new List<string>
        {
            CpuColumns.Line(cpus, width, "  ", -1, "", c => CpuColumns.CpuName(c, rows)),
            CpuColumns.Line(cpus, width, "  ", -1, "", c => new string('-', CpuColumns.CpuName(c, rows).Length)),
        };
        var current = new Dictionary<int, int>();
        foreach (EvidenceRow row in rows)
        {
            if (!current.TryGetValue(row.Cpu, out int operation) || operation != row.OperationNumber)
            {
                current[row.Cpu] = row.OperationNumber;
                lines.Add(Line(cpus, width, row.Cpu, row.OperationNumber < 0 ? row.Operation : $"{row.Operation}()"));
            }
            if (row.OperationNumber < 0) continue;
            foreach (string text in Body(row)) lines.Add(Line(cpus, width, row.Cpu, "  " + text));
            if (row.Guilty.Length > 0) lines.Add(Line(cpus, width, row.Cpu, $"    {field}: {row.Guilty}"));
        }
        return lines;
    }

    private static string Line(int[] cpus, int width, int cpu, string text)
    {
        int indent = Array.IndexOf(cpus, cpu) * (width + 2);
        return new string(' ', indent) + CpuColumns.Fit(text, Width - indent);
    }

    /// <summary>"function [I1..I5]", or its first and its last function when a range spans several.</summary>
    private static string[] Body(EvidenceRow row)
    {
        string first = Function(row.First), last = Function(row.Last);
        return first == last ? [$"{first} [{row.Range}]"]
            : row.Steps == 2 ? [$"{first} [{row.First}]", $"{last} [{row.Last}]"]
            : [$"{first} [{row.First}]", "...", $"{last} [{row.Last}]"];
    }

    /// <summary>The kernel function of a step: "mm/gup.c:try_grab_folio" without its file.</summary>
    private static string Function(Step step)
    {
        string source = step.Source();
        return source[(source.IndexOf(':') + 1)..].Trim();
    }
}
