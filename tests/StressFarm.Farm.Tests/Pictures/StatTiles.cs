using System.Text.Json;
using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>A panel of type <c>stat</c>: large values, each with its name and the line behind it.</summary>
internal sealed class StatTiles(Svg svg, PanelData data)
{
    public void Draw(Box box)
    {
        JsonElement panel = data.Panel.Json;
        string calculation = panel.Items("options", "reduceOptions", "calcs").Select(c => c.GetString()!).FirstOrDefault("lastNotNull");
        string mode = panel.Text("options", "textMode"), field = panel.Text("options", "reduceOptions", "fields");
        PanelSeries[] series = [.. data.Series];
        bool across = panel.Text("options", "orientation") switch
        {
            "horizontal" => false,
            "vertical" => true,
            _ => box.Width > box.Height,
        };
        double width = across ? box.Width / series.Length : box.Width, height = across ? box.Height : box.Height / series.Length;
        for (int i = 0; i < series.Length; i++)
        {
            var tile = new Box(box.X + (across ? i * width : 0), box.Y + (across ? 0 : i * height), width, height);
            DrawTile(series.Length > 1 ? tile.Shrink(2, 2, 2, 2) : tile, series[i], calculation, mode, field, named: series.Length > 1 && mode != "value" || mode is "value_and_name" or "name");
        }
    }

    private void DrawTile(Box tile, PanelSeries series, string calculation, string mode, string field, bool named)
    {
        JsonElement panel = data.Panel.Json;
        double value = series.Reduce(calculation);
        // A field that is a label shows the label's text.
        string label = field.Trim('/', '^', '$');
        string text = label.Length > 0 && series.Labels.TryGetValue(label, out string? labelled) ? labelled : mode == "name" ? series.Name : series.Look.Format(value, data.Now);
        string color = series.Look.ColorOf(value);
        bool background = panel.Text("options", "colorMode").StartsWith("background", StringComparison.Ordinal);
        if (background) svg.Rectangle(tile, Palette.Mix(color, Palette.Surface, 0.25), radius: 3);
        string ink = background ? Palette.On(Palette.Mix(color, Palette.Surface, 0.25)) : panel.Text("options", "colorMode") == "none" ? Palette.Text : color;
        bool line = panel.Text("options", "graphMode") == "area" && series.Points.Count > 2;
        double top = named && mode != "name" ? 16 : 0, bottom = line ? tile.Height * 0.3 : 0;
        if (line) DrawLine(new(tile.X, tile.Bottom - bottom, tile.Width, bottom), series, background ? Palette.On(color) : color);
        if (top > 0) svg.Write(tile.X + tile.Width / 2, tile.Y + 13, Lettering.Fit(series.Name, 12, tile.Width - 8), 12, background ? ink : Palette.Text, Anchor.Middle);
        double size = Lettering.SizeFor(text, tile.Width - 16, Math.Min(34, (tile.Height - top - bottom) * 0.75), 11);
        svg.Write(tile.X + tile.Width / 2, tile.Y + top + (tile.Height - top - bottom) / 2 + size * 0.35, Lettering.Fit(text, size, tile.Width - 8), size, ink, Anchor.Middle, bold: true);
    }

    private void DrawLine(Box box, PanelSeries series, string color)
    {
        double least = series.Points.Min(p => p.Value), most = series.Points.Max(p => p.Value), span = most > least ? most - least : 1;
        (double X, double Y)[] points = [.. series.Points.Select(p => (box.X + box.Width * (p.Time - data.From) / Math.Max(1, data.To - data.From), box.Bottom - 2 - (box.Height - 4) * (p.Value - least) / span))];
        svg.Area([.. points, (points[^1].X, box.Bottom), (points[0].X, box.Bottom)], color, 0.18);
        svg.Curve(points, color, 1.2);
    }
}
