using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>A panel of type <c>bargauge</c>, or <c>gauge</c> or <c>barchart</c> drawn as one: a bar for each series, with its name and value.</summary>
internal sealed class Bars(Svg svg, PanelData data)
{
    private const double Small = 11, Thinnest = 14;

    public void Draw(Box box)
    {
        string calculation = data.Panel.Json.Items("options", "reduceOptions", "calcs").Select(c => c.GetString()!).FirstOrDefault("lastNotNull");
        var bars = data.Series.Select(s => (s.Name, Value: s.Reduce(calculation), s.Look)).ToArray();
        int room = Math.Max(1, (int)(box.Height / (Thinnest + 3))), shown = bars.Length <= room ? bars.Length : room - 1;
        double most = bars.Max(b => b.Look.Most ?? b.Value), least = bars.Min(b => b.Look.Least ?? Math.Min(0, b.Value));
        double names = Math.Min(box.Width * 0.4, bars.Max(b => Lettering.Width(b.Name, Small)) + 8), values = bars.Max(b => Lettering.Width(b.Look.Format(b.Value, data.Now), Small)) + 10;
        double height = Math.Min(30, box.Height / (shown < bars.Length ? shown + 1 : shown));
        for (int i = 0; i < shown; i++)
        {
            var (name, value, look) = bars[i];
            double y = box.Y + i * height;
            string color = look.Fixed ?? (look.ByThreshold || look.Continuous is not null ? look.ColorOf(value, least, most) : Palette.OfSeries(i));
            svg.Write(box.X + names - 6, y + height / 2 + 4, Lettering.Fit(name, Small, names - 8), Small, Palette.Text, Anchor.End);
            var track = new Box(box.X + names, y + 2, box.Width - names - values, height - 4);
            svg.Rectangle(track, Palette.Grid, radius: 2);
            double share = most > least && !double.IsNaN(value) ? Math.Clamp((value - least) / (most - least), 0, 1) : 0;
            if (share > 0) svg.Rectangle(track with { Width = Math.Max(2, track.Width * share) }, color, radius: 2);
            svg.Write(box.Right - 2, y + height / 2 + 4, look.Format(value, data.Now), Small, Palette.Text, Anchor.End);
        }
        if (shown < bars.Length) svg.Write(box.Right - 2, box.Y + shown * height + height / 2 + 4, $"and {bars.Length - shown} more", Small, Palette.Faint, Anchor.End);
    }
}
