using System.Globalization;
using System.Text.RegularExpressions;

namespace StressFarm.Dashboards.Tests;

/// <summary>
/// Rules for a test that cannot wait: a minute becomes a second. Durations are ranges, offsets, `for` and `interval`; times that are
/// compared with are written as N * 60 or N * 3600 seconds.
/// </summary>
public static partial class ShortRules
{
    public static string Shorten(string rules) =>
        Product().Replace(Duration().Replace(rules, m => m.Groups[1].Value + Short(m.Groups[2].Value, m.Groups[3].Value[0])), m => m.Value == "* 60" ? "* 1" : "* 60");

    private static string Short(string count, char unit)
    {
        int seconds = int.Parse(count, CultureInfo.InvariantCulture)
            * unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 604_800 };
        return $"{Math.Max(1, seconds / 60)}s";
    }

    [GeneratedRegex(@"(\[|\boffset |\bfor: |\binterval: )(\d+)([smhdw])\b")]
    private static partial Regex Duration();

    [GeneratedRegex(@"\* (60|3600)\b")]
    private static partial Regex Product();
}
