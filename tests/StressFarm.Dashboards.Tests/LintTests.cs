using System.Text.Json.Nodes;
using static StressFarm.Dashboards.Tests.Dashboard;

namespace StressFarm.Dashboards.Tests;

/// <summary>Every rule holds for every dashboard; and each finds what is planted for it.</summary>
public class LintTests
{
    private static readonly IReadOnlyList<LintRule> Rules = [.. LinterRules.All, .. HouseRules.All];

    /// <summary>For each rule what breaks it, done to a dashboard that it holds for.</summary>
    private static readonly Dictionary<string, Action<JsonObject>> Plants = new()
    {
        ["template-datasource-rule"] = d => Variable(d, "datasource")["label"] = "Prometheus",
        ["template-job-rule"] = d => Variable(d, "job")["allValue"] = ".*",
        ["template-instance-rule"] = d => Variable(d, "instance")["multi"] = false,
        ["template-label-promql-rule"] = d => Variable(d, "job")["query"]!["query"] = "label_values(stressfarm_nothing, job)",
        ["template-on-time-change-reload-rule"] = d => Variable(d, "instance")["refresh"] = 1,
        ["panel-datasource-rule"] = d => Target(d)["datasource"]!["uid"] = "stressfarm-prometheus",
        ["panel-title-description-rule"] = d => Panel(d)["description"] = "",
        ["panel-units-rule"] = d => Panel(d)["fieldConfig"]!["defaults"]!["unit"] = "violations",
        ["panel-no-targets-rule"] = d => Panel(d)["targets"] = new JsonArray(),
        ["target-promql-rule"] = d => Replace(d, ")))", "))"),
        ["target-rate-interval-rule"] = d => Replace(d, "$__range", "5m"),
        ["target-job-rule"] = d => Replace(d, "job=~\"$job\", ", ""),
        ["target-instance-rule"] = d => Replace(d, "instance=~\"$instance\"", "instance=\"$instance\""),
        ["target-counter-agg-rule"] = d => Replace(d, "increase", "delta"),
        ["uneditable-dashboard"] = d => d.Remove("editable"),
        ["metric-is-documented"] = d => Replace(d, "stressfarm_violations_total", "stressfarm_violation_total"),
        ["labels-are-documented"] = d => Replace(d, "round(sum(", "round(sum by (workload) ("),
        ["gauge-has-no-rate"] = d => Replace(d, "stressfarm_violations_total", "stressfarm_species_seen"),
        ["legend-names-a-label"] = d => Target(d)["legendFormat"] = "{{policy}}",
        ["violations-have-company"] = d => Remove(d, "Canaries caught of planted"),
        ["uid-is-fixed"] = d => d["uid"] = "adk3x1",
        ["ids-are-unique"] = d => Panel(d)["id"] = 2,
        ["panels-do-not-overlap"] = d => Panel(d)["gridPos"]!["w"] = 7,
        ["links-lead-somewhere"] = d => d["links"]![0]!["url"] = "/d/stressfarm-coverage",
        ["links-carry-variables-and-time"] = d => d["links"]![0]!["includeVars"] = false,
        ["data-links-carry-variables-and-time"] = d => DataLink(d)["url"] = "/d/stressfarm-policies?${datasource:queryparam}&${job:queryparam}&${instance:queryparam}",
        ["findings-links-name-labels"] = d => DataLink(d)["url"] = "${farm:raw}/api/v1/findings?policy=${__field.labels.policy}",
        ["annotations-are-of-alerts-there-are"] = d => Objects(d["annotations"]!["list"]).Last()["expr"] = "ALERTS{alertname=~\"StressFarmCanary(Missed|Quiet)\"}",
        ["keys-are-in-order"] = d => MoveToEnd(Panel(d), "type"),
        ["time-and-refresh-are-set"] = d => d["tags"] = new JsonArray("campaign"),
    };

    public static TheoryData<string, string> Everything
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string board in Names)
                foreach (LintRule rule in Rules) all.Add(board, rule.Name);
            return all;
        }
    }

    public static TheoryData<string> RuleNames => [.. Rules.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void Each_rule_finds_what_is_planted_for_it(string name)
    {
        LintRule rule = Rules.Single(r => r.Name == name);
        Assert.Empty(rule.Complaints(Load("campaign")));
        JsonObject broken = Load("campaign").Json;
        Plants[name](broken);
        Assert.NotEmpty(rule.Complaints(new Dashboard(broken)));
    }

    /// <summary>A link of a panel leads somewhere, takes the data source, the job, the instance and the time along, and asks for no label that the series lack.</summary>
    [Theory]
    [InlineData("links-lead-somewhere", "/d/stressfarm-coverage?${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${__url_time_range}")]
    [InlineData("data-links-carry-variables-and-time", "/d/stressfarm-policies?${datasource:queryparam}&${instance:queryparam}&${__url_time_range}")]
    [InlineData("data-links-carry-variables-and-time", "/d/stressfarm-policies?${datasource:queryparam}&${job:queryparam}&${__url_time_range}")]
    [InlineData("data-links-carry-variables-and-time", "/d/stressfarm-policies?${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${__url_time_range}&var-policy=${__field.labels.policy}")]
    [InlineData("links-lead-somewhere", "${farm:raw}/api/v1/finding?policy=control")]
    [InlineData("findings-links-name-labels", "${farm:raw}/api/v1/findings?seed=1")]
    [InlineData("findings-links-name-labels", "${farm:raw}/api/v1/findings?policy=${policy}")]
    [InlineData("findings-links-name-labels", "${farm:raw}/api/v1/findings?policy=${__data.fields[0]}")]
    [InlineData("findings-links-name-labels", "${farm:raw}/api/v1/findings?invariant=${__field.name}")]
    public void A_link_of_a_panel_that_leads_astray_is_found(string name, string url)
    {
        JsonObject broken = Load("campaign").Json;
        DataLink(broken)["url"] = url;
        Assert.NotEmpty(Rules.Single(r => r.Name == name).Complaints(new Dashboard(broken)));
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Each_rule_holds_for_each_dashboard(string board, string rule) =>
        Assert.Empty(Rules.Single(r => r.Name == rule).Complaints(Load(board)).Select(c => $"{board}: {c}"));

    [Fact]
    public void The_four_dashboards_are_there()
    {
        Assert.Equal(["campaign", "cluster", "policies", "soak"], Names);
        Assert.All(Names, n => Assert.Equal("stressfarm-" + n, Load(n).Uid));
        Assert.All(Names, n => Assert.Equal(
            Names.Where(o => o != n).Select(o => "/d/stressfarm-" + o).Order(StringComparer.Ordinal),
            Load(n).Links.Select(l => Text(l["url"])).Where(u => u.StartsWith("/d/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void The_policies_say_whether_the_control_is_silent() =>
        Assert.Contains(Load("policies").Targets, t => PromQl.Read(Expr(t.Target)).Selectors.Any(
            s => s.Name == "stressfarm_violations_total" && s.Matches("policy", "=", "control")));

    /// <summary>A name that the page promises and nobody shows or alerts on is one that nobody would miss.</summary>
    [Fact]
    public void Every_documented_metric_is_looked_at_somewhere()
    {
        var used = Names.SelectMany(n => Load(n).Targets).Select(t => Expr(t.Target)).Concat(RuleFile.All.Select(r => r.Expr))
            .SelectMany(q => PromQl.Read(q).Selectors).Select(s => s.Name).ToHashSet();
        // Sums of histograms are there for averages; the panels show quantiles, and the counts only where they are rates of calls.
        var wanted = MetricContract.Documented.Names.Where(n => n.StartsWith("stressfarm_", StringComparison.Ordinal)
            && !n.EndsWith("_seconds_sum", StringComparison.Ordinal) && !n.EndsWith("_seconds_count", StringComparison.Ordinal));
        Assert.Equal([], wanted.Except(used));
    }

    private static JsonObject Variable(JsonObject d, string name) => new Dashboard(d).Variable(name)!;

    private static JsonObject Panel(JsonObject d) => new Dashboard(d).Panels.First();

    private static JsonObject Target(JsonObject d) => Objects(Panel(d)["targets"]).First();

    private static JsonObject DataLink(JsonObject d) => Objects(Panel(d)["fieldConfig"]!["defaults"]!["links"]).First();

    private static void Replace(JsonObject d, string old, string by)
    {
        string before = Expr(Target(d));
        Assert.Contains(old, before);
        Target(d)["expr"] = before.Replace(old, by, StringComparison.Ordinal);
    }

    private static void Remove(JsonObject d, string title)
    {
        var panels = (JsonArray)d["panels"]!;
        panels.Remove(panels.Single(p => Text(p!["title"]) == title));
    }

    private static void MoveToEnd(JsonObject o, string key)
    {
        JsonNode? value = o[key];
        o.Remove(key);
        o[key] = value;
    }
}
