using System.Globalization;

namespace StressFarm.Cli.Output;

/// <summary>Numbers as people read them; the same in every culture.</summary>
internal static class Numbers
{
    /// <summary>12345678 as "12.3M".</summary>
    public static string Short(double value) => value switch
    {
        >= 1e12 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e12:0.0}T"),
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.0}G"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.0}M"),
        >= 1e4 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0}k"),
        >= 1e3 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.0}k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0}"),
    };

    public static string Grouped(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>"1 schedule", "2,048 schedules".</summary>
    public static string Of(long count, string thing, string plural = "s") => $"{Grouped(count)} {thing}{(count == 1 ? "" : plural)}";

    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0}s"),
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0}s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}m{time.Seconds:00}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}h{time.Minutes:00}m"),
    };
}
