namespace StressFarm.Farm.Tests.Pictures;

/// <summary>The colours of the pictures; the names are those that a dashboard may use.</summary>
internal static class Palette
{
    public const string Background = "#111217", Surface = "#181b1f", Border = "#2a2d34", Grid = "#2c3038", Text = "#d5d7e0", Faint = "#9a9ca8";

    private static readonly string[] s_series =
    [
        "#73bf69", "#f2cc0c", "#8ab8ff", "#ff9830", "#f2495c", "#5794f2", "#b877d9", "#37c8b5", "#e0b400", "#ff7383",
        "#96d98d", "#c0d8ff", "#fade2a", "#ca95e5", "#ffb357", "#56a64b", "#3274d9", "#a352cc", "#e02f44", "#9aa5b8",
    ];

    private static readonly Dictionary<string, string> s_named = new()
    {
        ["green"] = "#73bf69",
        ["yellow"] = "#fade2a",
        ["orange"] = "#ff9830",
        ["red"] = "#f2495c",
        ["blue"] = "#5794f2",
        ["purple"] = "#b877d9",
        ["text"] = Text,
        ["transparent"] = Surface,
        ["gray"] = "#8e9099",
        ["grey"] = "#8e9099",
        ["white"] = "#ffffff",
        ["black"] = "#000000",
    };

    public static string OfSeries(int index) => s_series[index % s_series.Length];

    /// <summary>A name such as <c>green</c> or <c>semi-dark-red</c>, or a colour as it is.</summary>
    public static string Named(string name)
    {
        if (name.StartsWith('#')) return name;
        string plain = name[(name.LastIndexOf('-') + 1)..];
        string color = s_named.GetValueOrDefault(plain, s_named["text"]);
        return name[..^plain.Length] switch
        {
            "dark-" => Mix(color, "#000000", 0.35),
            "semi-dark-" => Mix(color, "#000000", 0.18),
            "light-" => Mix(color, "#ffffff", 0.25),
            "super-light-" => Mix(color, "#ffffff", 0.5),
            _ => color,
        };
    }

    /// <summary>A place on a scale that is named by its colours, as <c>YlRd</c>.</summary>
    public static string Between(string scale, double share)
    {
        string[] stops = [.. scale.Chunk(2).Select(c => new string(c) switch { "Bl" => "#3274d9", "Pu" => "#b877d9", "Yl" => "#d9b013", "Rd" => "#e02f44", "Gr" => "#56a64b", _ => "#8e9099" })];
        double at = Math.Clamp(share, 0, 1) * (stops.Length - 1);
        int below = Math.Clamp((int)at, 0, Math.Max(0, stops.Length - 2));
        return stops.Length == 1 ? stops[0] : Mix(stops[below], stops[below + 1], at - below);
    }

    /// <summary>From the surface to a hot colour; <paramref name="share"/> is 0 to 1.</summary>
    public static string Heat(double share)
    {
        string[] stops = ["#1f2a44", "#2f5b8f", "#37a0a8", "#8ccf6f", "#f2cc0c", "#ff7b33"];
        double at = Math.Clamp(share, 0, 1) * (stops.Length - 1);
        int below = Math.Min((int)at, stops.Length - 2);
        return Mix(stops[below], stops[below + 1], at - below);
    }

    /// <summary>The text colour that can be read on this one.</summary>
    public static string On(string color)
    {
        var (r, g, b) = Parts(color);
        return 0.3 * r + 0.59 * g + 0.11 * b > 140 ? "#101216" : "#ffffff";
    }

    public static string Mix(string from, string to, double share)
    {
        var (r1, g1, b1) = Parts(from);
        var (r2, g2, b2) = Parts(to);
        return $"#{Between(r1, r2):x2}{Between(g1, g2):x2}{Between(b1, b2):x2}";
        int Between(int a, int b) => (int)Math.Round(a + (b - a) * share);
    }

    private static (int R, int G, int B) Parts(string color) => (Convert.ToInt32(color[1..3], 16), Convert.ToInt32(color[3..5], 16), Convert.ToInt32(color[5..7], 16));
}
