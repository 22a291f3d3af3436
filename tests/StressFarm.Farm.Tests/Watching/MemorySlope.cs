namespace StressFarm.Farm.Tests.Watching;

/// <summary>How memory grows: a line through its samples by least squares.</summary>
/// <param name="PerHour">bytes an hour</param>
/// <param name="Error">half the width of the 95 % interval around it, as if the samples were independent of each other in groups of <see cref="Group"/></param>
internal sealed record MemorySlope(double Mean, double PerHour, double Error)
{
    /// <summary>Samples that lie close to each other say the same: their means are what the line is drawn through.</summary>
    private const int Group = 20;

    /// <summary>The interval holds 0, or the growth is under a thousandth of the memory an hour.</summary>
    public bool IsFlat => Math.Abs(PerHour) <= Error || Math.Abs(PerHour) < Mean / 1000;

    public static MemorySlope Of(IReadOnlyList<(double Time, double Value)> samples)
    {
        int group = samples.Count >= 5 * Group ? Group : Math.Max(1, samples.Count / 5);
        (double X, double Y)[] points = [.. samples.Chunk(group).Where(c => c.Length == group).Select(c => (c.Average(p => p.Time), c.Average(p => p.Value)))];
        double x = points.Average(p => p.X), y = points.Average(p => p.Y);
        double spread = points.Sum(p => (p.X - x) * (p.X - x)), slope = points.Sum(p => (p.X - x) * (p.Y - y)) / spread;
        double rest = points.Sum(p => Math.Pow(p.Y - y - slope * (p.X - x), 2)) / Math.Max(1, points.Length - 2);
        return new(y, slope * 3600, 1.96 * Math.Sqrt(rest / spread) * 3600);
    }
}
