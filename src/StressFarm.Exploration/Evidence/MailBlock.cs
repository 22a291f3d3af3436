using StressFarm.Simulation;

namespace StressFarm.Exploration;

/// <summary>The CPU0/CPU1 block of kernel changelogs: plain text under 75 columns.</summary>
internal static class MailBlock
{
    public const int Width = 74;

    public static IReadOnlyList<string> Format(IReadOnlyList<EvidenceRow> rows, string field)
    {
        if (rows.Count == 0) return [];
        int[] cpus = [.. rows.Select(r => r.Cpu).Distinct().Order()];
        int width = (Width + 2) / cpus.Length - 2;
        var lines = new List<string>
        {
            Line(cpus, width, -1, "", c => CpuColumns.CpuName(c, rows)),
            Line(cpus, width, -1, "", c => new string('-', CpuColumns.CpuName(c, rows).Length)),
        };
        var current = new Dictionary<int, int>();
        foreach (EvidenceRow row in rows)
        {
            if (!current.TryGetValue(row.Cpu, out int operation) || operation != row.OperationNumber)
            {
                current[row.Cpu] = row.OperationNumber;
                lines.Add(Line(cpus, width, row.Cpu, row.OperationNumber < 0 ? row.Operation : $"{row.Operation}()", _ => ""));
            }
            if (row.OperationNumber < 0) continue;
            lines.Add(Line(cpus, width, row.Cpu, $"  {Function(row)} [{row.Range}]", _ => ""));
            if (row.Guilty.Length > 0) lines.Add(Line(cpus, width, row.Cpu, $"    {field}: {row.Guilty}", _ => ""));
        }
        return lines;
    }

    private static string Line(int[] cpus, int width, int cpu, string text, Func<int, string> others) =>
        CpuColumns.Line(cpus, width, "  ", cpu, text, others);

    /// <summary>The kernel function of the last step: "mm/gup.c:try_grab_folio" without its file.</summary>
    private static string Function(EvidenceRow row)
    {
        string source = row.Last.Source();
        return source[(source.IndexOf(':') + 1)..].Trim();
    }
}
