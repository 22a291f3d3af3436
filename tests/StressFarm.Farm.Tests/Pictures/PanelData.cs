using System.Text.RegularExpressions;
using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>A series of a panel: from which query, what it is called and how it looks.</summary>
internal sealed record PanelSeries(Target Target, string Name, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<(double Time, double Value)> Points, Look Look)
{
    public double Reduce(string calculation) => Points.Count == 0 ? double.NaN : calculation switch
    {
        "last" or "lastNotNull" or "" => Points[^1].Value,
        "first" or "firstNotNull" => Points[0].Value,
        "max" => Points.Max(p => p.Value),
        "min" => Points.Min(p => p.Value),
        "mean" => Points.Average(p => p.Value),
        "sum" or "total" => Points.Sum(p => p.Value),
        "count" => Points.Count,
        "range" => Points.Max(p => p.Value) - Points.Min(p => p.Value),
        "diff" or "delta" => Points[^1].Value - Points[0].Value,
        _ => throw new FormatException($"no drawing of the calculation '{calculation}'"),
    };
}

/// <summary>What Prometheus answers to the queries of a panel.</summary>
internal sealed partial record PanelData(Panel Panel, IReadOnlyList<PanelSeries> Series, double From, double To, double Step)
{
    /// <summary>The time that "now" is in the picture.</summary>
    public double Now => To;

    public static async Task<PanelData> Ask(PrometheusClient prometheus, Panel panel, QueryText text, double from, double to, int step)
    {
        var series = new List<PanelSeries>();
        foreach (Target target in panel.Targets.Where(t => !t.Hidden))
        {
            string query = text.Of(target.Expression);
            IReadOnlyList<Series> answer = target.Instant ? await prometheus.Instant(query, to) : await prometheus.Range(query, from, to, step);
            series.AddRange(Of(panel, target, answer));
        }
        return new(panel, series, from, to, step);
    }

    public static IEnumerable<PanelSeries> Of(Panel panel, Target target, IReadOnlyList<Series> answer) => answer
        .Where(s => s.Points.Count > 0)
        .Select(s => (Name: NameOf(target, s.Labels), s))
        // What a query has sorted stays so.
        .OrderBy(s => target.Instant && target.Expression.StartsWith("sort", StringComparison.Ordinal) ? "" : s.Name, StringComparer.Ordinal)
        .Select(s =>
        {
            var look = new Look(panel.Json, s.Name, target.Id);
            return new PanelSeries(target, look.DisplayName is { } name ? Legend(name.Replace("${__field.labels.", "{{", StringComparison.Ordinal), s.s.Labels) : s.Name, s.s.Labels, s.s.Points, look);
        });

    private static string NameOf(Target target, IReadOnlyDictionary<string, string> labels)
    {
        if (target.Legend is not ("" or "__auto")) return Legend(target.Legend, labels);
        var shown = labels.Where(l => l.Key != "__name__").OrderBy(l => l.Key, StringComparer.Ordinal).ToArray();
        return shown.Length switch
        {
            0 => labels.GetValueOrDefault("__name__", "Value"),
            1 => shown[0].Value,
            _ => $"{{{string.Join(", ", shown.Select(l => $"{l.Key}=\"{l.Value}\""))}}}",
        };
    }

    private static string Legend(string format, IReadOnlyDictionary<string, string> labels) =>
        Label().Replace(format, m => labels.GetValueOrDefault(m.Groups["name"].Value, "")).Trim();

    [GeneratedRegex(@"\{\{\s*(?<name>\w+)\s*\}+")]
    private static partial Regex Label();
}
