using System.Globalization;
using System.Text.Json;
using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>A panel of type <c>timeseries</c>: lines, areas, stacks or bars over time, with axes and a legend.</summary>
internal sealed class LinePlot(Svg svg, PanelData data)
{
    private const double Small = 10.5, LegendRow = 16;
    private readonly PanelSeries[] _series = [.. data.Series.Where(s => !s.Look.Hidden)];

    public void Draw(Box box)
    {
        Box plot = DrawLegend(box);
        Look look = _series.FirstOrDefault(s => !s.Look.OnTheRight)?.Look ?? _series[0].Look;
        Look? right = _series.FirstOrDefault(s => s.Look.OnTheRight)?.Look;
        if (right == look) right = null;
        Scale scale = ScaleOf(_series.Where(s => right is null || !s.Look.OnTheRight), look, plot.Height), second = right is null ? scale : ScaleOf(_series.Where(s => s.Look.OnTheRight), right, plot.Height);
        plot = plot.Shrink(AxisRoom(scale, look), 6, right is null ? 8 : AxisRoom(second, right), 20);
        DrawAxes(plot, scale, look, right is null ? null : second, right);
        svg.Within(plot.Shrink(-1, -1, -1, -1), () =>
        {
            DrawThresholds(plot, scale, look);
            var floor = new Dictionary<double, double>();
            for (int i = 0; i < _series.Length; i++) DrawSeries(plot, _series[i].Look.OnTheRight && right is not null ? second : scale, _series[i], ColorOf(i), floor);
        });
    }

    private string ColorOf(int index) => _series[index].Look.Fixed ?? (_series.Length == 1 && _series[0].Look.ByThreshold && data.Panel.Json.At("fieldConfig", "defaults", "color") is not null
        ? _series[0].Look.ColorOf(_series[0].Points[^1].Value) : Palette.OfSeries(index));

    private void DrawSeries(Box plot, Scale scale, PanelSeries series, string color, Dictionary<double, double> floor)
    {
        // It would only be the edge of the one below.
        if (series.Look.Stacked && series.Points.All(p => p.Value == 0)) return;
        var runs = new List<List<(double X, double Top, double Base)>>();
        double before = double.NegativeInfinity;
        foreach (var (time, value) in series.Points)
        {
            double low = series.Look.Stacked ? floor.GetValueOrDefault(time) : Math.Max(0, scale.Least), high = series.Look.Stacked ? low + value : value;
            if (series.Look.Stacked) floor[time] = high;
            // A gap stays a gap.
            if (runs.Count == 0 || time - before > 2.5 * data.Step) runs.Add([]);
            double x = X(plot, time);
            if (series.Look.Steps && runs[^1].Count > 0) runs[^1].Add((x, runs[^1][^1].Top, runs[^1][^1].Base));
            runs[^1].Add((x, Y(plot, scale, high), Y(plot, scale, low)));
            before = time;
        }
        double width = Math.Max(1.4, series.Look.LineWidth), bar = Math.Max(1.5, plot.Width * data.Step / Math.Max(1, data.To - data.From) * 0.7);
        foreach (var run in runs)
        {
            if (series.Look.Bars)
            {
                foreach (var (x, top, bottom) in run) svg.Rectangle(new(x - bar / 2, Math.Min(top, bottom), bar, Math.Abs(bottom - top)), color, opacity: Math.Max(0.5, series.Look.Fill));
                continue;
            }
            if (run.Count == 1 || series.Look.Points)
            {
                foreach (var (x, top, _) in run) svg.Dot(x, top, 2, color);
                if (series.Look.Points) continue;
            }
            if (series.Look.Fill > 0) svg.Area([.. run.Select(p => (p.X, p.Top)), .. Enumerable.Reverse(run).Select(p => (p.X, p.Base))], color, Math.Max(0.06, series.Look.Fill));
            svg.Curve([.. run.Select(p => (p.X, p.Top))], color, width, series.Look.Dashed);
        }
    }

    private Scale ScaleOf(IEnumerable<PanelSeries> series, Look look, double height)
    {
        var stack = new Dictionary<double, double>();
        double least = double.PositiveInfinity, most = double.NegativeInfinity;
        foreach (PanelSeries s in series)
            foreach (var (time, value) in s.Points)
            {
                if (double.IsInfinity(value)) continue;
                double top = s.Look.Stacked ? stack[time] = stack.GetValueOrDefault(time) + value : value;
                (least, most) = (Math.Min(least, value), Math.Max(most, top));
            }
        if (double.IsInfinity(least)) (least, most) = (0, 1);
        // From 0, unless that would flatten what there is to see.
        if (least > 0 && !look.Log && (most - least) / most > 0.25 || least == most && least > 0) least = 0;
        return new(look.Least ?? least, Math.Max(look.Most ?? double.NegativeInfinity, most), Units.RoundnessOf(look.Unit), look.Log, Math.Max(2, (int)(height / 42)));
    }

    private void DrawAxes(Box plot, Scale scale, Look look, Scale? second, Look? right)
    {
        foreach (double line in scale.Lines)
        {
            double y = Y(plot, scale, line);
            svg.Stroke(plot.X, y, plot.Right, y, Palette.Grid);
            svg.Write(plot.X - 6, y + 3.5, AxisText(line, look), Small, Palette.Faint, Anchor.End);
        }
        if (second is not null && right is not null)
            foreach (double line in second.Lines) svg.Write(plot.Right + 6, Y(plot, second, line) + 3.5, AxisText(line, right), Small, Palette.Faint);
        double step = TimeStep((data.To - data.From) / Math.Max(2, plot.Width / 90));
        for (double t = 0; t <= data.To - data.From; t += step)
        {
            double x = X(plot, data.From + t);
            if (t > 0) svg.Stroke(x, plot.Y, x, plot.Bottom, Palette.Grid, opacity: 0.6);
            svg.Write(x, plot.Bottom + 14, string.Create(CultureInfo.InvariantCulture, $"{(int)t / 60}:{(int)t % 60:00}"), Small, Palette.Faint, Anchor.Middle);
        }
    }

    private void DrawThresholds(Box plot, Scale scale, Look look)
    {
        if (look.ThresholdLines is "" or "off") return;
        foreach (var (from, color) in look.Thresholds)
        {
            if (double.IsInfinity(from) || from < scale.Least || from > scale.Most) continue;
            svg.Curve([(plot.X, Y(plot, scale, from)), (plot.Right, Y(plot, scale, from))], color, 1, dashed: true);
        }
    }

    /// <summary>Draws the legend, below or at the right as the panel has it, and returns what is left.</summary>
    private Box DrawLegend(Box box)
    {
        JsonElement? legend = data.Panel.Json.At("options", "legend");
        if (legend is { } l && (l.At("showLegend") is { ValueKind: JsonValueKind.False } || l.Text("displayMode") == "hidden") || _series.Length == 0) return box;
        string[] calculations = [.. legend?.Items("calcs").Select(c => c.GetString()!) ?? []];
        if (calculations.Length == 0) calculations = ["lastNotNull"];
        return legend?.Text("placement") == "right" ? Beside(box, calculations) : legend?.Text("displayMode") == "table" ? Below(box, calculations) : InRows(box, calculations[0]);
    }

    private Box InRows(Box box, string calculation)
    {
        var entries = _series.Select((s, i) => (s.Name, Last: s.Look.Format(s.Reduce(calculation), data.Now), Color: ColorOf(i))).ToArray();
        int room = Math.Max(1, (int)(box.Height * 0.34 / LegendRow));
        var rows = new List<List<(string Text, string Color, double Width)>> { new() };
        double x = 0;
        int left = entries.Length;
        foreach (var (name, last, color) in entries)
        {
            string text = Lettering.Fit($"{name}  {last}", Small, box.Width - 30);
            double width = Lettering.Width(text, Small) + 30;
            if (x + width > box.Width && rows[^1].Count > 0)
            {
                if (rows.Count == room) break;
                rows.Add([]);
                x = 0;
            }
            rows[^1].Add((text, color, width));
            x += width;
            left--;
        }
        double y = box.Bottom - rows.Count * LegendRow + 11;
        foreach (var row in rows)
        {
            x = box.X + 4;
            foreach (var (text, color, width) in row)
            {
                Entry(x, y, text, color);
                x += width;
            }
            y += LegendRow;
        }
        if (left > 0) svg.Write(box.Right - 2, box.Bottom - rows.Count * LegendRow - 3, $"and {left} more", Small, Palette.Faint, Anchor.End);
        return box.Shrink(0, 0, 0, rows.Count * LegendRow + (left > 0 ? 14 : 4));
    }

    private Box Below(Box box, string[] calculations)
    {
        int rows = Math.Min(_series.Length, Math.Max(1, (int)(box.Height * 0.45 / LegendRow) - 1));
        double height = (rows + 1) * LegendRow + 4;
        LegendTable(new(box.X, box.Bottom - height, box.Width, height), calculations, rows);
        return box.Shrink(0, 0, 0, height + 2);
    }

    private Box Beside(Box box, string[] calculations)
    {
        double wanted = _series.Max(s => Lettering.Width(s.Name, Small)) + 34 + calculations.Length * 62, width = Math.Min(wanted, box.Width * 0.45);
        int rows = Math.Min(_series.Length, Math.Max(1, (int)(box.Height / LegendRow) - 1));
        LegendTable(new(box.Right - width, box.Y, width, box.Height), calculations, rows);
        return box.Shrink(0, 0, width + 8, 0);
    }

    private void LegendTable(Box box, string[] calculations, int rows)
    {
        const double Column = 62;
        // Where there is no room for all of them the last ones go; a name counts for more.
        calculations = calculations[..Math.Clamp((int)((box.Width - 34 - Math.Min(80, _series.Max(s => Lettering.Width(s.Name, Small)))) / Column), 1, calculations.Length)];
        for (int c = 0; c < calculations.Length; c++)
            svg.Write(box.Right - 4 - (calculations.Length - 1 - c) * Column, box.Y + 11, Heading(calculations[c]), Small - 1, Palette.Faint, Anchor.End);
        bool cut = rows < _series.Length;
        int[] order = Order(calculations);
        for (int i = 0; i < rows; i++)
        {
            double y = box.Y + (i + 1) * LegendRow + 11;
            if (cut && i == rows - 1)
            {
                svg.Write(box.X + 20, y, $"and {_series.Length - i} more", Small, Palette.Faint);
                return;
            }
            PanelSeries series = _series[order[i]];
            Entry(box.X + 4, y, Lettering.Fit(series.Name, Small, box.Width - 34 - calculations.Length * Column), ColorOf(order[i]));
            for (int c = 0; c < calculations.Length; c++)
                svg.Write(box.Right - 4 - (calculations.Length - 1 - c) * Column, y, Lettering.Fit(series.Look.Format(series.Reduce(calculations[c]), data.Now), Small, Column - 4), Small, Palette.Text, Anchor.End);
        }
    }

    /// <summary>The series as the legend lists them.</summary>
    private int[] Order(string[] calculations)
    {
        string by = data.Panel.Json.Text("options", "legend", "sortBy");
        IEnumerable<int> all = Enumerable.Range(0, _series.Length);
        if (calculations.FirstOrDefault(c => by.StartsWith(Heading(c), StringComparison.Ordinal)) is not { } calculation) return [.. all];
        bool down = data.Panel.Json.At("options", "legend", "sortDesc") is { ValueKind: JsonValueKind.True };
        return [.. all.OrderBy(i => (down ? -1 : 1) * _series[i].Reduce(calculation))];
    }

    private void Entry(double x, double y, string text, string color)
    {
        svg.Rectangle(new(x, y - 5.5, 12, 3.5), color, radius: 1.5);
        svg.Write(x + 17, y, text, Small, Palette.Text);
    }

    private static string Heading(string calculation) => calculation switch
    {
        "lastNotNull" or "last" => "Last",
        "mean" => "Mean",
        "max" => "Max",
        "min" => "Min",
        "sum" => "Total",
        _ => calculation,
    };

    private static double AxisRoom(Scale scale, Look look) => Math.Max(34, scale.Lines.Max(l => Lettering.Width(AxisText(l, look), Small)) + 12);

    // Of the steps of a time axis that ends somewhere, a text of a fixed number of digits would say the same twice.
    private static string AxisText(double value, Look look) => Units.Format(Math.Abs(value) < 1e-12 ? 0 : value, look.Unit);

    private static double TimeStep(double about) => new double[] { 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600 }.FirstOrDefault(s => s >= about, 7200);

    private double X(Box plot, double time) => plot.X + plot.Width * (time - data.From) / Math.Max(1, data.To - data.From);
    private static double Y(Box plot, Scale scale, double value) => plot.Bottom - plot.Height * Math.Clamp(scale.Share(value), -0.1, 1.1);
}
