namespace StressFarm.Farm.Tests.Pictures;

/// <summary>How wide a text is, near enough for any sans-serif that a reader may have: on the wide side.</summary>
internal static class Lettering
{
    public static double Width(string text, double size)
    {
        double ems = 0;
        foreach (char c in text)
            ems += c switch
            {
                'i' or 'j' or 'l' or '\'' or '|' or '.' or ',' or ':' or ';' or '!' => 0.29,
                ' ' or 't' or 'f' or 'r' or 'I' or '(' or ')' or '[' or ']' or '/' or '-' => 0.38,
                'm' or 'w' or 'M' or 'W' or '%' or '@' => 0.93,
                >= 'A' and <= 'Z' => 0.72,
                _ => 0.6,
            };
        return ems * size;
    }

    /// <summary>The text, cut with an ellipsis where it is wider than there is room for.</summary>
    public static string Fit(string text, double size, double room)
    {
        if (Width(text, size) <= room) return text;
        int length = text.Length;
        while (length > 0 && Width(text.AsSpan(0, length).ToString() + "…", size) > room) length--;
        return length == 0 ? "" : text[..length].TrimEnd() + "…";
    }

    /// <summary>The largest size, of those that are allowed, at which the text fits.</summary>
    public static double SizeFor(string text, double room, double largest, double smallest)
    {
        double size = room / Math.Max(0.01, Width(text, 1));
        return Math.Clamp(Math.Floor(size), smallest, Math.Max(smallest, largest));
    }

    /// <summary>The text in lines that fit.</summary>
    public static IEnumerable<string> Wrap(string text, double size, double room)
    {
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length > 0 && Width(longer, size) > room)
            {
                yield return line;
                line = word;
            }
            else
            {
                line = longer;
            }
        }
        if (line.Length > 0) yield return line;
    }
}
