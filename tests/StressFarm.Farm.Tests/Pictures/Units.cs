using System.Globalization;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>A number as a reader wants it, by the names that Grafana gives units.</summary>
internal static class Units
{
    /// <param name="decimals">digits after the point; null for as many as make three that count</param>
    /// <param name="now">for the units that tell an age</param>
    public static string Format(double value, string unit, int? decimals = null, double now = 0)
    {
        if (double.IsNaN(value)) return "no data";
        if (double.IsInfinity(value)) return value > 0 ? "+Inf" : "-Inf";
        return unit switch
        {
            "percentunit" => $"{Number(100 * value, decimals)} %",
            "percent" => $"{Number(value, decimals)} %",
            "s" => Seconds(value, decimals),
            "ms" => Seconds(value / 1e3, decimals),
            "dtdurations" or "dtdhms" or "clocks" => Seconds(value, decimals),
            "bytes" => Scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"], decimals),
            "decbytes" => Scaled(value, 1000, ["B", "kB", "MB", "GB", "TB"], decimals),
            "binBps" => Scaled(value, 1024, ["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"], decimals),
            "Bps" => Scaled(value, 1000, ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"], decimals),
            "ops" => $"{Short(value, decimals)} ops/s",
            "reqps" => $"{Short(value, decimals)} req/s",
            "cps" => $"{Short(value, decimals)}/s",
            "rps" => $"{Short(value, decimals)} reads/s",
            "wps" => $"{Short(value, decimals)} writes/s",
            "iops" => $"{Short(value, decimals)} io/s",
            "eps" => $"{Short(value, decimals)} events/s",
            "dateTimeFromNow" => value <= 0 ? "never" : $"{Seconds(Math.Max(0, now - value / 1e3), decimals)} ago",
            "dateTimeAsIso" or "dateTimeAsLocal" or "dateTimeAsSystem" => value <= 0 ? "never" : DateTimeOffset.FromUnixTimeMilliseconds((long)value).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            "bool" => value == 0 ? "false" : "true",
            "bool_yes_no" => value == 0 ? "no" : "yes",
            "bool_on_off" => value == 0 ? "off" : "on",
            "none" or "locale" => Plain(value, decimals),
            "sci" => value.ToString("0.##e+0", CultureInfo.InvariantCulture),
            "" or "short" => Short(value, decimals),
            _ when unit.StartsWith("suffix:", StringComparison.Ordinal) => $"{Short(value, decimals)} {unit[7..].Trim()}",
            _ when unit.StartsWith("prefix:", StringComparison.Ordinal) => $"{unit[7..].Trim()} {Short(value, decimals)}",
            _ => throw new FormatException($"no drawing of the unit '{unit}'"),
        };
    }

    /// <summary>What makes the steps of an axis in this unit round.</summary>
    public static Roundness RoundnessOf(string unit) => unit switch
    {
        "bytes" or "binBps" => Roundness.Binary,
        "s" or "dtdurations" or "dtdhms" or "clocks" => Roundness.Time,
        _ => Roundness.Decimal,
    };

    private static string Short(double value, int? decimals)
    {
        double size = Math.Abs(value);
        // What is small and not 0 keeps its meaning.
        if (size > 0 && size < 0.001 && decimals is null) return value.ToString("0.#e-0", CultureInfo.InvariantCulture);
        return size < 1000 ? Number(value, decimals) : Scaled(value, 1000, ["", "K", "M", "G", "T", "P"], decimals);
    }

    private static string Scaled(double value, double of, string[] names, int? decimals)
    {
        int power = 0;
        while (Math.Abs(value) >= of && power < names.Length - 1)
        {
            value /= of;
            power++;
        }
        return $"{Number(value, power == 0 && value == Math.Truncate(value) ? 0 : decimals)} {names[power]}".TrimEnd();
    }

    private static string Seconds(double value, int? decimals)
    {
        double size = Math.Abs(value);
        return size switch
        {
            0 => "0 s",
            < 1e-6 => $"{Number(value * 1e9, decimals)} ns",
            < 1e-3 => $"{Number(value * 1e6, decimals)} µs",
            < 1 => $"{Number(value * 1e3, decimals)} ms",
            < 120 => $"{Number(value, decimals)} s",
            < 7200 => $"{Number(value / 60, decimals)} min",
            < 172_800 => $"{Number(value / 3600, decimals)} h",
            _ => $"{Number(value / 86_400, decimals)} d",
        };
    }

    private static string Plain(double value, int? decimals) => decimals is { } d
        ? value.ToString($"#,0.{new string('0', d)}", CultureInfo.InvariantCulture)
        : value == Math.Truncate(value) || Math.Abs(value) >= 100 ? value.ToString("#,0", CultureInfo.InvariantCulture) : Number(value, null);

    private static string Number(double value, int? decimals)
    {
        double size = Math.Abs(value);
        int digits = decimals ?? (value == Math.Truncate(value) || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
        string text = value.ToString(decimals is null ? $"0.{new string('#', digits)}" : $"0.{new string('0', digits)}", CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    }
}
