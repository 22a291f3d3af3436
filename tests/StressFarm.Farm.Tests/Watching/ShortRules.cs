using System.Globalization;
using System.Text.RegularExpressions;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>
/// The repository's rules for a run of minutes. One change is made, to the text: a duration d of <c>for</c>, of
/// <c>keep_firing_for</c>, in brackets (<c>[5m]</c>, <c>[1h:1m]</c>) or after <c>offset</c> becomes d / 60, though at least 5 s
/// and at most 30 s (0 stays 0); a group's <c>interval</c> becomes 1 s. Nothing else of an expression is changed, thresholds and names included.
/// </summary>
internal static partial class ShortRules
{
    public static IReadOnlyList<string> Of(string folder) =>
        [.. Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).Select(f => Shorten(File.ReadAllText(f)))];

    public static string Shorten(string rules)
    {
        rules = InBrackets().Replace(rules, m => $"[{Short(m.Groups["range"].Value)}{(m.Groups["step"].Success ? m.Groups["step"].Value.Length > 0 ? ":1s" : ":" : "")}]");
        rules = AfterOffset().Replace(rules, m => $"offset {Short(m.Groups["d"].Value)}");
        rules = OfAlert().Replace(rules, m => $"{m.Groups["key"].Value}{Short(m.Groups["d"].Value)}");
        return OfGroup().Replace(rules, m => $"{m.Groups["key"].Value}1s");
    }

    private static string Short(string duration)
    {
        double seconds = 0;
        foreach (Match part in Part().Matches(duration))
            seconds += double.Parse(part.Groups["n"].Value, CultureInfo.InvariantCulture) * part.Groups["unit"].Value switch
            {
                "ms" => 0.001,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                "d" => 86_400,
                "w" => 604_800,
                "y" => 31_536_000,
                string other => throw new FormatException($"no such unit: {other}"),
            };
        return seconds == 0 ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp((int)(seconds / 60), 5, 30)}s");
    }

    [GeneratedRegex(@"\[(?<range>(?:\d+(?:ms|[smhdwy]))+)(?::(?<step>(?:\d+(?:ms|[smhdwy]))*))?\]")]
    private static partial Regex InBrackets();

    [GeneratedRegex(@"\boffset\s+(?<d>(?:\d+(?:ms|[smhdwy]))+)")]
    private static partial Regex AfterOffset();

    [GeneratedRegex(@"^(?<key>\s*(?:- )?(?:for|keep_firing_for):\s*)(?<d>(?:\d+(?:ms|[smhdwy]))+)", RegexOptions.Multiline)]
    private static partial Regex OfAlert();

    [GeneratedRegex(@"^(?<key>\s*(?:- )?interval:\s*)\S+", RegexOptions.Multiline)]
    private static partial Regex OfGroup();

    [GeneratedRegex(@"(?<n>\d+)(?<unit>ms|[smhdwy])")]
    private static partial Regex Part();
}
