using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>
/// A dashboard as one SVG: its panels where its grid has them, its texts from its file, its lines from a real Prometheus. It is
/// drawn here, not by Grafana, and says so.
/// </summary>
internal static class DashboardPicture
{
    private const double Width = 1360, Row = 34, Gap = 8, Top = 50, Edge = 12, Bold = 1.1;
    public const string Caption = "drawn by StressFarm's tests from a real Prometheus; not Grafana";

    /// <param name="note">what ran, in a few words</param>
    /// <param name="caption">where the data come from</param>
    public static string Draw(Dashboard dashboard, IReadOnlyList<PanelData> panels, string note, string caption = Caption)
    {
        var svg = new Svg();
        double height = Top + panels.Max(p => p.Panel.Y + p.Panel.Height) * Row + Edge;
        svg.Rectangle(new(0, 0, Width, height), Palette.Background);
        svg.Write(Edge + 4, 32, dashboard.Title, 20, Palette.Text, bold: true);
        svg.Write(Width - Edge - 4, 22, Lettering.Fit(note, 11, Width * 0.7), 11, Palette.Faint, Anchor.End);
        svg.Write(Width - Edge - 4, 37, caption, 11, Palette.Faint, Anchor.End);
        foreach (PanelData data in panels) DrawPanel(svg, data);
        return svg.Close(Width, height, dashboard.Title, $"{dashboard.Description} ({caption})");
    }

    private static void DrawPanel(Svg svg, PanelData data)
    {
        Panel panel = data.Panel;
        double unit = (Width - 2 * Edge + Gap) / 24;
        var box = new Box(Edge + panel.X * unit, Top + panel.Y * Row, panel.Width * unit - Gap, panel.Height * Row - Gap);
        if (panel.Type == "row")
        {
            svg.Write(box.X + 4, box.Y + 18, panel.Title, 14, Palette.Text, bold: true);
            return;
        }
        svg.Rectangle(box, Palette.Surface, radius: 3, stroke: Palette.Border);
        double size = Math.Clamp((box.Width - 14) / Math.Max(1, Lettering.Width(panel.Title, Bold)), 10, 12.5);
        if (panel.Title.Length > 0) svg.Write(box.X + 10, box.Y + 19, Lettering.Fit(panel.Title, size, (box.Width - 14) / Bold), size, Palette.Text, bold: true);
        Box inside = box.Shrink(8, panel.Title.Length > 0 ? 28 : 8, 8, 8);
        if (panel.Type != "text" && data.Series.Count == 0)
        {
            string none = new Look(panel.Json, "", "").NoValue ?? "No data";
            svg.Write(inside.X + inside.Width / 2, inside.Y + inside.Height / 2 + 4, Lettering.Fit(none, 13, inside.Width), 13, Palette.Faint, Anchor.Middle);
            return;
        }
        svg.Within(inside.Shrink(-4, -4, -4, -4), () =>
        {
            switch (panel.Type)
            {
                case "timeseries":
                    new LinePlot(svg, data).Draw(inside);
                    break;
                case "stat":
                    new StatTiles(svg, data).Draw(inside);
                    break;
                case "table":
                    new Table(svg, data).Draw(inside);
                    break;
                case "bargauge" or "gauge" or "barchart":
                    new Bars(svg, data).Draw(inside);
                    break;
                case "heatmap":
                    new HeatMap(svg, data).Draw(inside);
                    break;
                case "text":
                    DrawText(svg, inside, panel.Json.Text("options", "content"));
                    break;
                default:
                    throw new FormatException($"no drawing of a panel of type '{panel.Type}'");
            }
        });
    }

    private static void DrawText(Svg svg, Box box, string markdown)
    {
        double y = box.Y + 10;
        foreach (string paragraph in markdown.Split('\n'))
            foreach (string line in Lettering.Wrap(paragraph.Replace("**", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal), 12, box.Width))
            {
                if (y > box.Bottom) return;
                svg.Write(box.X, y, line, 12, Palette.Text);
                y += 17;
            }
    }
}
