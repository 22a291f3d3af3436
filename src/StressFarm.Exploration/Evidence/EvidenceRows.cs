using System.Globalization;
using StressFarm.Exploration.Replays;

namespace StressFarm.Exploration.Evidence;

/// <summary>A row of the evidence: consecutive steps of one CPU in one operation.</summary>
/// <param name="Steps">the steps, as indexes into the trace, all of one CPU</param>
/// <param name="Guilty">what it did to the guilty half, as "0x0 -> 0x4"; empty when it is a range that did not</param>
internal sealed record EvidenceRow(
    int Cpu, TracePart Part, string Operation, int OperationNumber, Step First, Step Last, int Steps, string Guilty)
{
    /// <summary>CPU0…; set-up and teardown run on a CPU whose number says nothing.</summary>
    public string CpuName => Part switch
    {
        TracePart.Setup => "set-up",
        TracePart.Teardown => "teardown",
        _ when Cpu >= Machine.FirstUnit => string.Create(CultureInfo.InvariantCulture, $"CPU{(Cpu - Machine.FirstUnit) / 2}'s memory"),
        _ => string.Create(CultureInfo.InvariantCulture, $"CPU{Cpu}"),
    };

    /// <summary>"I1" or "I1..I5".</summary>
    public string Range => First == Last ? First.ToString() : $"{First}..{Last}";
}

/// <summary>Collapses a recorded run into few rows, keeping apart the steps that touch the guilty word.</summary>
internal static class EvidenceRows
{
    /// <summary>The rows of what ran after set-up; of the set-up when the run did not get further. At most <paramref name="most"/>.</summary>
    /// <param name="guilty">the guilty half, or -1</param>
    public static IReadOnlyList<EvidenceRow> Of(IReadOnlyList<TracedStep> trace, int guilty, int most)
    {
        List<TracedStep> steps = [.. trace.Where(s => s.Part != TracePart.Setup)];
        if (steps.Count == 0) steps = [.. trace];
        List<EvidenceRow> rows = [];
        // From everything that touched the guilty half to nothing of it, then without telling operations apart.
        for (int level = 0; level < 5; level++)
        {
            rows = Collapse(steps, guilty, level);
            if (rows.Count <= most) return rows;
        }
        var last = rows.GetRange(rows.Count - most + 1, most - 1);
        int left = rows.Take(rows.Count - most + 1).Sum(r => r.Steps);
        EvidenceRow first = rows[0];
        last.Insert(0, first with { Operation = string.Create(CultureInfo.InvariantCulture, $"({left} steps of all CPUs)"), OperationNumber = -1, First = Step.None, Last = Step.None, Steps = left, Guilty = "" });
        return last;
    }

    private static List<EvidenceRow> Collapse(List<TracedStep> steps, int guilty, int level)
    {
        HashSet<int> apart = Apart(steps, guilty, level);
        var rows = new List<EvidenceRow>();
        bool open = false;
        for (int i = 0; i < steps.Count; i++)
        {
            TracedStep s = steps[i];
            bool mine = apart.Contains(i);
            if (s.IsRaw && !mine) continue;
            EvidenceRow? last = rows.Count > 0 ? rows[^1] : null;
            if (!mine && open && last is not null && last.Cpu == s.Cpu && (level == 4 || last.OperationNumber == s.OperationNumber && last.Operation == s.Operation))
            {
                rows[^1] = last with { Last = s.Step, Steps = last.Steps + 1 };
                continue;
            }
            rows.Add(new EvidenceRow(s.Cpu, s.Part, s.Operation, s.OperationNumber, s.Step, s.Step, 1, mine ? Change(s, guilty) : ""));
            open = !mine;
        }
        return rows;
    }

    /// <summary>The steps that get a row of their own.</summary>
    private static HashSet<int> Apart(List<TracedStep> steps, int guilty, int level)
    {
        if (guilty < 0) return [];
        IEnumerable<int> touching = Enumerable.Range(0, steps.Count).Where(i => steps[i].Touches(guilty));
        IEnumerable<int> writing = touching.Where(i => steps[i].Writes);
        return level switch
        {
            0 => [.. touching],
            1 => [.. writing, .. touching.TakeLast(1)],
            2 => [.. writing.TakeLast(3), .. touching.TakeLast(1)],
            _ => [.. writing.TakeLast(1)],
        };
    }

    private static string Change(TracedStep s, int guilty) => s.Writes
        ? string.Create(CultureInfo.InvariantCulture, $"0x{s.In(guilty, s.Old):x} -> 0x{s.In(guilty, s.Value):x}")
        : string.Create(CultureInfo.InvariantCulture, $"reads 0x{s.In(guilty, s.Value):x}");
}
