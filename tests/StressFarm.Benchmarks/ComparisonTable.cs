using System.Globalization;

namespace StressFarm.Benchmarks;

/// <summary>The ratios of a <see cref="Comparison"/>, as text.</summary>
public static class ComparisonTable
{
    public static string[] Lines(Comparison comparison, string mine, string other)
    {
        string[] standard = [.. comparison.Workloads.Where(id => Catalog<Workload>.Find(id)!.Standard)];
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"{mine} against {other}: steps per second of processor time, one core, control; {comparison.Rounds} interleaved pairs"),
            $"{"workload",-24}{"random walk",-24}{"portfolio",-24}{"two workers",-24}digests",
        };
        foreach (string workload in comparison.Workloads)
        {
            ComparedCell[] cells = [.. comparison.Cells.Where(c => c.Workload == workload)];
            string mark = standard.Contains(workload) ? " *" : "";
            lines.Add($"{workload + mark,-24}{string.Concat(cells.Select(c => $"{Text(MedianInterval.Of(c.Ratios)),-24}"))}{Text(MedianInterval.Of(cells.SelectMany(c => c.Scalings))),-24}"
                + (cells.FirstOrDefault(c => c.Difference is not null) is { } bad ? $"DIFFER under {bad.Strategy}, {bad.Difference}" : "same"));
        }
        if (standard.Length > 0)
        {
            lines.Add($"{"* geometric mean",-24}{string.Concat(Comparison.Strategies.Select(s => $"{Text(comparison.MeanOf(c => c.Strategy == s && standard.Contains(c.Workload))),-24}"))}");
            lines.Add($"{"* both strategies",-24}{Text(comparison.MeanOf(c => standard.Contains(c.Workload)))}");
        }
        MedianInterval all = comparison.MeanOf(_ => true);
        lines.Add($"{"all, both strategies",-24}{Text(all)}");
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"median of the pairs, and an interval that covers the true one with {all.Coverage:P1} by the order of the pairs alone"));
        return [.. lines];
    }

    private static string Text(MedianInterval ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:F3} [{ratio.Low:F3}, {ratio.High:F3}]");
}
