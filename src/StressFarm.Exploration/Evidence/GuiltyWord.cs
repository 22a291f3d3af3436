using System.Globalization;
using StressFarm.Exploration.Replays;

namespace StressFarm.Exploration.Evidence;

/// <summary>The field a finding is about: where it lies, what it should hold, what it holds, who wrote it last.</summary>
internal static class GuiltyWord
{
    private const int MostWriters = 3;

    public static IReadOnlyList<string> Format(Violation v, IReadOnlyList<TracedStep> trace, Machine machine)
    {
        var lines = new List<string> { $"{v.Field}{Place(v, machine)}", $"  expected: {v.Expected}", $"  found:    {v.Found}" };
        if (v.Location < 0) return lines;
        TracedStep[] writes = [.. trace.Where(s => s.Writes && s.Cpu < Machine.FirstUnit && s.Touches(v.Location)).TakeLast(MostWriters)];
        lines.Add(writes.Length > 0 ? "  last written by:"
            : v.LastWriter == Actor.EarlierSchedule ? "  last written by an earlier schedule of the section"
            : "  never written: as the machine started");
        foreach (TracedStep s in writes.Reverse())
        {
            string cpu = s.Part == TracePart.Setup ? "set-up" : s.Part == TracePart.Teardown ? "teardown" : Invariant($"CPU{s.Cpu}");
            lines.Add(Invariant($"    {cpu} {s.Operation} {s.Step} ({s.Step.Source()}): 0x{s.In(v.Location, s.Old):x} -> 0x{s.In(v.Location, s.Value):x}"));
        }
        return lines;
    }

    private static string Place(Violation v, Machine machine)
    {
        if (v.Location < 0) return v.Pfn < 0 ? "" : Invariant($" of page pfn {v.Pfn}");
        var half = new Half(v.Location);
        if (!machine.Memory.IsPageWord(half.Word)) return $": {machine.Cells.NameOf(half.Word)}";
        int pfn = half.Word.Index / Layout.WordsPerPage, offset = v.Location % Layout.HalvesPerPage * 4;
        return Invariant($": page pfn {pfn}, offset {offset}, {((v.Location & 1) == 0 ? "low" : "high")} half of word {half.Word.Index % Layout.WordsPerPage}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
