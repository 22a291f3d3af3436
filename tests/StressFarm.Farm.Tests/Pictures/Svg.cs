using System.Globalization;
using System.Text;

namespace StressFarm.Farm.Tests.Pictures;

internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Right => X + Width;
    public double Bottom => Y + Height;
    public Box Shrink(double left, double top, double right, double bottom) =>
        new(X + left, Y + top, Math.Max(0, Width - left - right), Math.Max(0, Height - top - bottom));
}

internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>Text of an SVG, one element a line; numbers with one digit after the point, so that the same data give the same bytes.</summary>
internal sealed class Svg
{
    private readonly StringBuilder _text = new();
    private int _clips;

    public void Rectangle(Box box, string fill, double radius = 0, double opacity = 1, string? stroke = null) => Line(
        $"<rect x=\"{N(box.X)}\" y=\"{N(box.Y)}\" width=\"{N(box.Width)}\" height=\"{N(box.Height)}\" fill=\"{fill}\"{(radius > 0 ? $" rx=\"{N(radius)}\"" : "")}{Opacity(opacity)}{(stroke is null ? "" : $" stroke=\"{stroke}\"")}/>");

    public void Stroke(double x1, double y1, double x2, double y2, string color, double width = 1, double opacity = 1) => Line(
        $"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" stroke=\"{color}\" stroke-width=\"{N(width)}\"{Opacity(opacity)}/>");

    public void Curve(IReadOnlyList<(double X, double Y)> points, string color, double width, bool dashed = false) => Line(
        $"<polyline points=\"{Points(points)}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{N(width)}\" stroke-linejoin=\"round\"{(dashed ? " stroke-dasharray=\"6 4\"" : "")}/>");

    public void Area(IReadOnlyList<(double X, double Y)> points, string color, double opacity) => Line(
        $"<polygon points=\"{Points(points)}\" fill=\"{color}\"{Opacity(opacity)}/>");

    public void Dot(double x, double y, double radius, string color) => Line($"<circle cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(radius)}\" fill=\"{color}\"/>");

    public void Write(double x, double y, string text, double size, string color, Anchor anchor = Anchor.Start, bool bold = false) => Line(
        $"<text x=\"{N(x)}\" y=\"{N(y)}\" font-size=\"{N(size)}\" fill=\"{color}\"{anchor switch { Anchor.Middle => " text-anchor=\"middle\"", Anchor.End => " text-anchor=\"end\"", _ => "" }}{(bold ? " font-weight=\"600\"" : "")}>{Escape(text)}</text>");

    /// <summary>What is drawn in here is cut at the box.</summary>
    public void Within(Box box, Action draw)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"c{_clips++}");
        Line($"<clipPath id=\"{id}\"><rect x=\"{N(box.X)}\" y=\"{N(box.Y)}\" width=\"{N(box.Width)}\" height=\"{N(box.Height)}\"/></clipPath>");
        Line($"<g clip-path=\"url(#{id})\">");
        draw();
        Line("</g>");
    }

    public string Close(double width, double height, string title, string description) => new StringBuilder()
        .Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {N(width)} {N(height)}\" width=\"{N(width)}\" height=\"{N(height)}\" role=\"img\" font-family=\"Inter, 'Helvetica Neue', Arial, sans-serif\">\n")
        .Append(CultureInfo.InvariantCulture, $"<title>{Escape(title)}</title>\n<desc>{Escape(description)}</desc>\n")
        .Append(_text).Append("</svg>\n").ToString();

    private void Line(string element) => _text.Append(element).Append('\n');

    /// <summary>Without those that lie on a level line between two others.</summary>
    private static string Points(IReadOnlyList<(double X, double Y)> points)
    {
        string[] heights = [.. points.Select(p => N(p.Y))];
        return string.Join(' ', points.Select((p, i) => (p, i)).Where(p => p.i == 0 || p.i == heights.Length - 1 || heights[p.i - 1] != heights[p.i] || heights[p.i + 1] != heights[p.i]).Select(p => $"{N(p.p.X)},{heights[p.i]}"));
    }

    private static string Opacity(double opacity) => opacity < 1 ? string.Create(CultureInfo.InvariantCulture, $" opacity=\"{opacity:0.##}\"") : "";
    private static string N(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>Escaped, and without what XML cannot hold.</summary>
    private static string Escape(string text) => new string([.. text.Where(c => c >= ' ' || c == '\t')])
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
