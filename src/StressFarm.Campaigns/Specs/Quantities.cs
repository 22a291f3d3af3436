using System.Globalization;

namespace StressFarm.Campaigns.Specs;

/// <summary>Reads numbers and durations as users write them.</summary>
public static class Quantities
{
    /// <summary>The longest time budget: a month is a soak, a year is a slip of the pen.</summary>
    public static readonly TimeSpan LongestBudget = TimeSpan.FromDays(366);

    /// <summary>A whole number in [low, high]; digits may be grouped by '_'.</summary>
    public static long Whole(UserValue given, long low, long high)
    {
        string digits = given.Text.Replace("_", "", StringComparison.Ordinal);
        if (!decimal.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal value))
            throw given.Wrong($"{given.Shown} is not a whole number");
        if (value < low || value > high)
            throw given.Wrong(string.Create(CultureInfo.InvariantCulture, $"{given.Shown} is out of range: it takes {low} to {high}"));
        return (long)value;
    }

    /// <summary>A seed: 0 to 2⁶⁴ - 1, decimal or 0x…; digits may be grouped by '_'.</summary>
    public static ulong Seed(UserValue given)
    {
        string digits = given.Text.Replace("_", "", StringComparison.Ordinal);
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool read = hex
            ? ulong.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong seed)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
        return read ? seed : throw given.Wrong($"{given.Shown} is not a seed: it takes 0 to {ulong.MaxValue}, or 0x…");
    }

    /// <summary>"30s", "5m", "8h" or "2d".</summary>
    public static TimeSpan Duration(UserValue given)
    {
        string text = given.Text;
        double unit = text.Length < 2 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        if (unit == 0 || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            throw given.Wrong($"{given.Shown} is not a time: write 30s, 5m, 8h or 2d");
        double seconds = number * unit;
        if (!(seconds > 0) || seconds > LongestBudget.TotalSeconds)
            throw given.Wrong($"{given.Shown} is out of range: it takes more than 0s and at most {LongestBudget.TotalDays:0}d");
        return TimeSpan.FromSeconds(seconds);
    }
}
