using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static StressFarm.Dashboards.Tests.Dashboard;

namespace StressFarm.Dashboards.Tests;

/// <summary>The rules of Grafana's dashboard-linter under its names, for every type of panel and without warnings: each is an error. One exception: <see cref="MetricContract.AsTheyStand"/>.</summary>
internal static partial class LinterRules
{
    private const string Source = "${datasource}";

    /// <summary>The ids of Grafana's units that these dashboards use.</summary>
    private static readonly HashSet<string> Units =
        ["none", "short", "locale", "percentunit", "bytes", "Bps", "s", "dateTimeFromNow", "cps", "reqps"];

    public static IReadOnlyList<LintRule> All { get; } =
    [
        new("template-datasource-rule", d => d.Variables.Where(v => Text(v["type"]) == "datasource").ToList() is [var one]
            ? Unless(Text(one["name"]) == "datasource" && Text(one["label"]) == "Data source" && Text(one["query"]) == "prometheus", "the data source is not called so")
            : ["there is not one variable of the data source"]),
        new("template-job-rule", d => Template(d, "job", "Job")),
        new("template-instance-rule", d => Template(d, "instance", "Instance")),
        new("template-label-promql-rule", d => QueryVariables(d).Where(v => !IsLabelQuery(VariableQuery(v))).Select(v => $"{v["name"]}: {VariableQuery(v)}")),
        new("template-on-time-change-reload-rule", d => QueryVariables(d).Where(v => v["refresh"]?.GetValue<int>() != 2).Select(v => $"{v["name"]} is not read again")),
        LintRule.OfPanels("panel-datasource-rule", p => Objects(p["targets"]).Append(p)
            .Where(o => Text(o["datasource"]?["uid"]) != Source || Text(o["datasource"]?["type"]) != "prometheus").Select(o => $"data source '{o["datasource"]}'")),
        LintRule.OfPanels("panel-title-description-rule", p => Unless(Text(p["title"]).Length > 0 && Text(p["description"]).Length > 0, "no title or no description")),
        LintRule.OfPanels("panel-units-rule", p => Unless(Units.Contains(Text(p["fieldConfig"]?["defaults"]?["unit"])), $"unit '{p["fieldConfig"]?["defaults"]?["unit"]}'")),
        LintRule.OfPanels("panel-no-targets-rule", p => Unless(Objects(p["targets"]).Any(), "no query")),
        LintRule.OfTargets("target-promql-rule", q => Unless(PromQl.Read(q) is { Balanced: true, Selectors.Count: > 0 }, $"no query: '{q}'")),
        LintRule.OfSelectors("target-rate-interval-rule", s => Unless(
            s.Function is not ("rate" or "irate" or "increase") || s.Range == "$__rate_interval" || (s.Function == "increase" && s.Range == "$__range"),
            $"{s.Function}({s.Name}[{s.Range}])")),
        LintRule.OfSelectors("target-job-rule", s => Unless(s.Matches("job", "=~", "$job"), $"{s.Name} of any job")),
        LintRule.OfSelectors("target-instance-rule", s => Unless(s.Matches("instance", "=~", "$instance"), $"{s.Name} of any instance")),
        LintRule.OfSelectors("target-counter-agg-rule", s => Unless(
            MetricContract.Documented.Find(s.Name) is not { IsCounter: true } || MetricContract.AsTheyStand.Contains(s.Name) || (s.Range is not null && s.Function is "rate" or "irate" or "increase"),
            $"counter {s.Name} without a rate")),
        new("uneditable-dashboard", d => Unless(d.Json["editable"] is JsonValue v && v.TryGetValue(out bool editable) && !editable, "is editable")),
    ];

    internal static IEnumerable<string> Unless(bool holds, string complaint) => holds ? [] : [complaint];

    private static IEnumerable<JsonObject> QueryVariables(Dashboard d) => d.Variables.Where(v => Text(v["type"]) == "query");

    private static string VariableQuery(JsonObject variable) => Text(variable["query"]?["query"]);

    private static bool IsLabelQuery(string query) =>
        LabelValues().Match(query) is { Success: true } m && PromQl.Read(m.Groups[1].Value) is { Balanced: true, Selectors: [var s] }
        && MetricContract.Documented.Find(s.Name) is not null;

    private static IEnumerable<string> Template(Dashboard d, string name, string label)
    {
        if (d.Variable(name) is not { } variable) return [$"no variable {name}"];
        return Unless(
            Text(variable["type"]) == "query" && Text(variable["datasource"]?["uid"]) == Source && Text(variable["label"]) == label
            && variable["multi"]?.GetValue<bool>() == true && variable["includeAll"]?.GetValue<bool>() == true && Text(variable["allValue"]) == ".+",
            $"{name} is no choice of several with the label {label}");
    }

    [GeneratedRegex(@"^label_values\((.+), [a-z_]+\)$")]
    private static partial Regex LabelValues();
}
