using System.Text.Json;
using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>A panel of type <c>table</c>.</summary>
internal sealed class Table(Svg svg, PanelData data)
{
    private const double Small = 11, Least = 14, Most = 24, Padding = 4;
    private readonly (double Least, double Most) _range = (data.Series.Min(s => s.Points[^1].Value), data.Series.Max(s => s.Points[^1].Value));

    public void Draw(Box box)
    {
        TableFrame frame = TableFrame.Of(data);
        var columns = frame.Columns.Select(c => (Name: c, Look: new Look(data.Panel.Json, c, ""))).Where(c => !c.Look.Hidden).ToArray();
        var rows = Sorted(frame).ToArray();
        double[] widths = Widths(box.Width, columns);
        double height = Math.Clamp((box.Height - 22) / Math.Max(1, rows.Length), Least, Most);
        int room = Math.Max(1, (int)((box.Height - 22) / height)), shown = rows.Length <= room ? rows.Length : room - 1;
        double x = box.X;
        for (int c = 0; c < columns.Length; c++)
        {
            bool number = rows.Any(r => r.GetValueOrDefault(columns[c].Name) is double);
            Cell(new(x, box.Y, widths[c], 18), columns[c].Look.DisplayName ?? columns[c].Name, Palette.Faint, number);
            for (int i = 0; i < shown; i++)
                DrawCell(new(x, box.Y + 22 + i * height, widths[c], height), rows[i].GetValueOrDefault(columns[c].Name), columns[c].Look);
            x += widths[c];
        }
        svg.Stroke(box.X, box.Y + 20, box.Right, box.Y + 20, Palette.Border);
        if (shown < rows.Length) svg.Write(box.X + 6, box.Y + 22 + shown * height + height / 2 + 4, $"and {rows.Length - shown} more", Small, Palette.Faint);
    }

    private void DrawCell(Box cell, object? value, Look look)
    {
        if (value is not double number)
        {
            Cell(cell, value as string ?? "", Palette.Text, right: false);
            return;
        }
        string text = look.Format(number, data.Now), color = look.ColorOf(number, _range.Least, _range.Most);
        switch (look.Cell)
        {
            case "color-background":
                string back = Palette.Mix(color, Palette.Surface, 0.3);
                svg.Rectangle(cell.Shrink(1, 1, 1, 1), back, radius: 2);
                Cell(cell, text, Palette.On(back), right: true);
                break;
            case "gauge":
                double most = look.Most ?? data.Series.Max(s => s.Points[^1].Value), room = cell.Width - 70;
                svg.Rectangle(new(cell.X + 4, cell.Y + 3, room, cell.Height - 6), Palette.Grid, radius: 2);
                if (most > 0) svg.Rectangle(new(cell.X + 4, cell.Y + 3, room * Math.Clamp(number / most, 0, 1), cell.Height - 6), color, radius: 2);
                Cell(cell, text, Palette.Text, right: true);
                break;
            default:
                Cell(cell, text, look.Cell == "color-text" ? color : Palette.Text, right: true);
                break;
        }
    }

    private void Cell(Box box, string text, string color, bool right)
    {
        string fit = Lettering.Fit(text, Small, box.Width - 2 * Padding);
        svg.Write(right ? box.Right - Padding : box.X + Padding, box.Y + box.Height / 2 + 4, fit, Small, color, right ? Anchor.End : Anchor.Start);
    }

    /// <summary>As wide as the panel says; the others share the rest. A picture cannot be scrolled: what is missing is taken from those.</summary>
    private static double[] Widths(double room, (string Name, Look Look)[] columns)
    {
        double left = room - columns.Sum(c => c.Look.Width ?? 0), share = Math.Max(Small, left / Math.Max(1, columns.Count(c => c.Look.Width is null)));
        return [.. columns.Select(c => c.Look.Width ?? share)];
    }

    private IEnumerable<IReadOnlyDictionary<string, object>> Sorted(TableFrame frame)
    {
        JsonElement sort = data.Panel.Json.Items("options", "sortBy").FirstOrDefault();
        if (sort.ValueKind != JsonValueKind.Object) return frame.Rows;
        string column = sort.Text("displayName");
        var rows = frame.Rows.OrderBy(r => r.GetValueOrDefault(column) is double d ? d : double.NegativeInfinity).ThenBy(r => r.GetValueOrDefault(column) as string ?? "", StringComparer.Ordinal);
        return sort.At("desc") is { ValueKind: JsonValueKind.True } ? rows.Reverse() : rows;
    }
}
