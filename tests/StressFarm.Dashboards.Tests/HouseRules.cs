using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static StressFarm.Dashboards.Tests.Dashboard;
using static StressFarm.Dashboards.Tests.LinterRules;

namespace StressFarm.Dashboards.Tests;

/// <summary>The rules of this project's own.</summary>
internal static partial class HouseRules
{
    private static readonly string[] PanelKeys =
        ["id", "type", "title", "description", "gridPos", "datasource", "targets", "transformations", "fieldConfig", "options"];

    /// <summary>Where the farm lists what it found.</summary>
    private const string Findings = "${farm:raw}/api/v1/findings";

    /// <summary>Labels that Prometheus gives to whatever it scrapes.</summary>
    private static readonly HashSet<string> ScrapeLabels = ["job", "instance"];

    public static IReadOnlyList<LintRule> All { get; } =
    [
        LintRule.OfSelectors("metric-is-documented", s => Unless(MetricContract.Documented.Find(s.Name) is not null, $"{s.Name} is in no list of metrics")),
        LintRule.OfTargets("labels-are-documented", UnknownLabels),
        LintRule.OfSelectors("gauge-has-no-rate", s => Unless(
            s.Function is not ("rate" or "irate" or "increase") || MetricContract.Documented.Find(s.Name) is not { IsCounter: false }, $"{s.Function} of the gauge {s.Name}")),
        new("legend-names-a-label", UnknownLegends),
        new("violations-have-company", LonelyViolations),
        new("uid-is-fixed", d => Unless(Regex.IsMatch(d.Uid, "^stressfarm-[a-z]+$"), $"uid '{d.Uid}'")),
        new("ids-are-unique", d => d.AllPanels.GroupBy(p => p["id"]?.GetValue<int>()).Where(g => g.Key is null || g.Count() > 1).Select(g => $"id {g.Key}")),
        new("panels-do-not-overlap", Overlaps),
        new("links-lead-somewhere", DeadLinks),
        new("links-carry-variables-and-time", d => d.Links.Where(l => Text(l["url"]).StartsWith("/d/", StringComparison.Ordinal))
            .Where(l => l["includeVars"]?.GetValue<bool>() != true || l["keepTime"]?.GetValue<bool>() != true).Select(l => $"{l["url"]}")),
        LintRule.OfPanels("data-links-carry-variables-and-time", p => DataLinks(p).Where(l => l.StartsWith("/d/", StringComparison.Ordinal)).SelectMany(l => Forgotten(p, l))),
        LintRule.OfPanels("findings-links-name-labels", p => DataLinks(p).Where(l => l.StartsWith(Findings + "?", StringComparison.Ordinal)).SelectMany(l => MisnamedLabels(p, l))),
        new("annotations-are-of-alerts-there-are", UnknownAlerts),
        new("keys-are-in-order", d => d.Panels.Where(p => !p.Select(k => k.Key).SequenceEqual(PanelKeys.Where(p.ContainsKey))).Select(Where)),
        new("time-and-refresh-are-set", d => Unless(
            Text(d.Json["refresh"]).Length > 0 && Text(d.Json["timezone"]).Length > 0 && Text(d.Json["time"]?["from"]).Length > 0
            && d.Json["graphTooltip"]?.GetValue<int>() == 1 && d.Json["tags"] is JsonArray tags && tags.Any(t => Text(t) == "stressfarm"), "a setting is missing")),
    ];

    private static IEnumerable<string> UnknownLabels(string query)
    {
        PromQl read = PromQl.Read(query);
        var known = ScrapeLabels.ToHashSet();
        foreach (Selector s in read.Selectors)
        {
            if (MetricContract.Documented.Find(s.Name) is not { } metric) continue;
            known.UnionWith(metric.Labels);
            foreach (Matcher m in s.Matchers.Where(m => !ScrapeLabels.Contains(m.Label) && !metric.Labels.Contains(m.Label)))
                yield return $"{s.Name} has no label {m.Label}";
        }
        foreach (string label in read.Grouping.Except(known)) yield return $"nothing has a label {label}";
    }

    private static IEnumerable<string> UnknownLegends(Dashboard d) =>
        from t in d.Targets
        from Match label in LegendLabel().Matches(Text(t.Target["legendFormat"]))
        where !PromQl.Read(Expr(t.Target)).Grouping.Contains(label.Groups[1].Value)
        select $"{Where(t.Panel)}: {label.Value}";

    /// <summary>"0 violations" says nothing unless schedules ran and canaries were caught: the three stand side by side.</summary>
    private static IEnumerable<string> LonelyViolations(Dashboard d)
    {
        var stats = d.Panels.Where(p => Text(p["type"]) == "stat")
            .Select(p => (Panel: p, Y: p["gridPos"]?["y"]?.GetValue<int>(), Names: Objects(p["targets"]).SelectMany(t => PromQl.Read(Expr(t)).Selectors).Select(s => s.Name).ToHashSet()))
            .ToList();
        return from s in stats
               where s.Names.Contains("stressfarm_violations_total")
               let beside = stats.Where(o => o.Y == s.Y).ToList()
               where !beside.Any(o => o.Names.Contains("stressfarm_schedules_total"))
                   || !beside.Any(o => o.Names.IsSupersetOf(["stressfarm_canaries_caught_total", "stressfarm_canaries_planted_total"]))
               select $"{Where(s.Panel)}: no schedules or no canaries beside it";
    }

    private static IEnumerable<string> Overlaps(Dashboard d)
    {
        var taken = new HashSet<(int, int)>();
        foreach (JsonObject panel in d.AllPanels)
        {
            int Of(string key) => panel["gridPos"]?[key]?.GetValue<int>() ?? -1;
            if (Of("w") < 1 || Of("h") < 1 || Of("x") < 0 || Of("y") < 0 || Of("x") + Of("w") > 24) yield return $"{Where(panel)}: outside";
            bool free = true;
            for (int x = Of("x"); x < Of("x") + Of("w"); x++)
                for (int y = Of("y"); y < Of("y") + Of("h"); y++)
                    free &= taken.Add((x, y));
            if (!free) yield return $"{Where(panel)}: lies on another";
        }
    }

    private static IEnumerable<string> DeadLinks(Dashboard d)
    {
        HashSet<string> uids = [.. Names.Select(n => Load(n).Uid)];
        HashSet<string> names = [.. d.Variables.Select(v => Text(v["name"]))];
        bool Known(string url) => url.Split('?')[0] == Findings && names.Contains("farm");
        foreach (string url in d.Links.Select(l => Text(l["url"])))
            if (!Known(url) && !(url.StartsWith("/d/", StringComparison.Ordinal) && uids.Contains(url[3..]) && url[3..] != d.Uid)) yield return url;
        // A panel's may lead to its own dashboard, to one of its series.
        foreach (string url in d.Panels.SelectMany(DataLinks))
            if (!Known(url) && !(url.StartsWith("/d/", StringComparison.Ordinal) && uids.Contains(url[3..].Split('?')[0]))) yield return url;
    }

    /// <summary>A link to findings asks for labels by what the series, or the matrix that is made of them, has in their place.</summary>
    private static IEnumerable<string> MisnamedLabels(JsonObject panel, string url)
    {
        JsonNode? matrix = Objects(panel["transformations"]).FirstOrDefault(t => Text(t["id"]) == "groupingToMatrix")?["options"];
        foreach (string[] part in url[(Findings.Length + 1)..].Split('&').Select(p => p.Split('=', 2)))
        {
            bool its = part.Length == 2 && part[0] is "policy" or "workload" or "invariant" && part[1] switch
            {
                "${__data.fields[0]}" => Text(matrix?["rowField"]) == part[0],
                "${__field.name}" => Text(matrix?["columnField"]) == part[0],
                var value when FieldLabel().Match(value) is { Success: true } label => label.Groups[1].Value == part[0] && matrix is null
                    && Objects(panel["targets"]).All(t => PromQl.Read(Expr(t)).Grouping.Contains(part[0])),
                var value => !value.Contains('$', StringComparison.Ordinal),
            };
            if (!its) yield return $"{Where(panel)}: {string.Join('=', part)}";
        }
    }

    private static IEnumerable<string> DataLinks(JsonObject panel) => Objects(panel["fieldConfig"]?["defaults"]?["links"]).Select(l => Text(l["url"]));

    /// <summary>What a link to a dashboard does not take along, and labels in it that the panel's series do not have.</summary>
    private static IEnumerable<string> Forgotten(JsonObject panel, string url)
    {
        string[] carried = url[(url.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&');
        foreach (string one in (string[])["${datasource:queryparam}", "${job:queryparam}", "${__url_time_range}"])
            if (!carried.Contains(one)) yield return $"{url} without {one}";
        if (!carried.Contains("${instance:queryparam}") && !carried.Contains("var-instance=${__field.labels.instance}")) yield return $"{url} without an instance";
        foreach (Match label in FieldLabel().Matches(url))
            if (!Objects(panel["targets"]).All(t => PromQl.Read(Expr(t)).Grouping.Contains(label.Groups[1].Value))) yield return $"{url}: not every series has a label {label.Groups[1].Value}";
    }

    private static IEnumerable<string> UnknownAlerts(Dashboard d)
    {
        foreach (JsonObject a in d.Annotations.Where(a => a.ContainsKey("expr")))
        {
            Selector? s = PromQl.Read(Expr(a)).Selectors.SingleOrDefault();
            string pattern = s?.Matchers.FirstOrDefault(m => m.Label == "alertname")?.Value ?? "";
            // Every branch of the pattern must be an alert's name, so the names are built from it.
            Match m = Branches().Match(pattern);
            string[] names = m.Success ? [.. m.Groups[2].Value.Split('|').Select(b => m.Groups[1].Value + b + m.Groups[3].Value)] : [pattern];
            foreach (string name in names.Where(n => RuleFile.Alerts.All(r => r.Name != n))) yield return $"no alert is called {name}";
        }
    }

    [GeneratedRegex(@"\$\{__field\.labels\.([a-z_]+)\}")]
    private static partial Regex FieldLabel();

    [GeneratedRegex(@"\{\{([a-z_]+)\}\}")]
    private static partial Regex LegendLabel();

    [GeneratedRegex(@"^(\w*)\(([\w|]+)\)(\w*)$")]
    private static partial Regex Branches();
}
