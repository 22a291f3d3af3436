using System.Globalization;
using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>A panel of type <c>heatmap</c>: time from left to right, a row for each bucket of a histogram or for each series.</summary>
internal sealed class HeatMap(Svg svg, PanelData data)
{
    private const double Small = 10.5;

    public void Draw(Box box)
    {
        var rows = Rows();
        double left = Math.Min(box.Width * 0.3, rows.Max(r => Lettering.Width(r.Name, Small)) + 10);
        Box plot = box.Shrink(left, 4, 4, 34);
        double height = plot.Height / rows.Count, most = rows.SelectMany(r => r.Cells.Values).DefaultIfEmpty(0).Max();
        double span = Math.Max(1, data.To - data.From), width = Math.Max(1, plot.Width * data.Step / (span + data.Step));
        int every = Math.Max(1, (int)Math.Ceiling(12 / height));
        for (int i = 0; i < rows.Count; i++)
        {
            double y = plot.Bottom - (i + 1) * height;
            if (i % every == 0) svg.Write(plot.X - 6, y + height / 2 + 3.5, Lettering.Fit(rows[i].Name, Small, left - 8), Small, Palette.Faint, Anchor.End);
            foreach (var (time, value) in rows[i].Cells)
                if (value > 0) svg.Rectangle(new(plot.X + (plot.Width - width) * (time - data.From) / span, y + 0.5, width + 0.3, height - 1), Palette.Heat(Math.Sqrt(value / most)));
        }
        for (int t = 0; t <= span; t += span > 400 ? 120 : span > 150 ? 60 : 30)
            svg.Write(plot.X + plot.Width * t / span, plot.Bottom + 14, string.Create(CultureInfo.InvariantCulture, $"{t / 60}:{t % 60:00}"), Small, Palette.Faint, Anchor.Middle);
        for (int i = 0; i < 40; i++) svg.Rectangle(new(plot.X + i * 4, plot.Bottom + 22, 4.2, 8), Palette.Heat(i / 39.0));
        svg.Write(plot.X + 168, plot.Bottom + 30, $"0 to {Units.Format(most, "short")}", Small, Palette.Faint);
    }

    /// <summary>Of a histogram, what is in each bucket and not what is below its bound.</summary>
    private List<(string Name, SortedDictionary<double, double> Cells)> Rows()
    {
        string unit = data.Series[0].Look.Unit is { Length: > 0 } u ? u : data.Panel.Json.Text("options", "yAxis", "unit");
        if (!data.Series.All(s => s.Labels.ContainsKey("le"))) return [.. data.Series.Reverse().Select(s => (s.Name, new SortedDictionary<double, double>(s.Points.ToDictionary(p => p.Time, p => p.Value))))];
        var rows = new List<(string, SortedDictionary<double, double>)>();
        Dictionary<double, double> below = [];
        foreach (PanelSeries series in data.Series.OrderBy(s => Bound(s.Labels["le"])))
        {
            double bound = Bound(series.Labels["le"]);
            var cells = new SortedDictionary<double, double>(series.Points.ToDictionary(p => p.Time, p => Math.Max(0, p.Value - below.GetValueOrDefault(p.Time))));
            below = series.Points.ToDictionary(p => p.Time, p => p.Value);
            rows.Add((double.IsInfinity(bound) ? "more" : $"≤ {Units.Format(bound, unit)}", cells));
        }
        return rows;
    }

    private static double Bound(string le) => le == "+Inf" ? double.PositiveInfinity : double.Parse(le, CultureInfo.InvariantCulture);
}
