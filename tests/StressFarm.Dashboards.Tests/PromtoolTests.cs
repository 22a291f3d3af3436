using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace StressFarm.Dashboards.Tests;

/// <summary>What Prometheus itself says of the rules, their unit tests, the configurations, and every query of a panel.</summary>
public sealed partial class PromtoolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-dashboards-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Prometheus(params string[] parts) => Repository.Path(["dashboards", "prometheus", .. parts]);

    [NeedsFact("promtool")]
    public void The_rules_and_the_configuration_are_valid()
    {
        Passes("check", ["rules", .. Repository.Files("*.yaml", "dashboards", "prometheus", "rules")]);
        Passes("check", ["config", Prometheus("prometheus.yml")]);
        Assert.Contains("2 rule files found", Promtool.Run("promtool", "check", "config", Prometheus("prometheus.yml")).Output, StringComparison.Ordinal);
    }

    [NeedsFact("amtool")]
    public void The_routes_of_Alertmanager_are_valid()
    {
        string file = Prometheus("alertmanager.yml");
        (int code, string text) = Promtool.Run("amtool", "check-config", file);
        Assert.True(code == 0, text);
        Assert.Equal("watchdog", Route(file, "alertname=StressFarmWatchdog", "severity=none"));
        Assert.Equal("page", Route(file, "alertname=StressFarmControlViolation", "severity=critical"));
        Assert.Equal("tickets", Route(file, "alertname=StressFarmNewViolation", "severity=info"));
        Assert.Equal("tickets", Route(file, "alertname=StressFarmLeaseStuck", "severity=warning"));
    }

    [NeedsFact("promtool")]
    public void The_unit_tests_of_the_rules_pass()
    {
        Assert.True(RuleFile.TestFiles.Count > 5);
        Passes("test", ["rules", .. RuleFile.TestFiles]);
    }

    /// <summary>The unit tests can fail: a rule that forgets what a counter does when a silo starts again is found by them.</summary>
    [NeedsTheory("promtool")]
    [InlineData("increase(stressfarm_violations_total{policy=\"control\"}[1d])", "delta(stressfarm_violations_total{policy=\"control\"}[1d])", "findings.yaml")]
    [InlineData("> 0.5", "> 5000", "trust.yaml")]
    [InlineData("> 15 * 60", "> 150 * 60", "work.yaml")]
    [InlineData("max_over_time(stressfarm_campaigns{state=\"running\"}[5m])", "stressfarm_leases{kind=\"explore\"}", "work.yaml")]
    [InlineData("max_over_time(stressfarm_undelivered_results[5m])", "max_over_time(stressfarm_queued_leases[5m])", "work.yaml")]
    [InlineData("stressfarm_search_states_total[1h]", "stressfarm_search_states_total{workload=\"none\"}[1h]", "week.yaml")]
    [InlineData("running|waiting", "running", "soak.yaml")]
    [InlineData("max by (job, instance) (stressfarm_label_overflows_total)", "sum by (job, instance) (increase(stressfarm_label_overflows_total[1h]))", "silos.yaml")]
    public void The_unit_tests_of_the_rules_fail_for_a_wrong_rule(string right, string wrong, string test)
    {
        foreach (string part in (string[])["rules", "tests"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, part));
            foreach (string file in Repository.Files("*.yaml", "dashboards", "prometheus", part)) File.Copy(file, Path.Combine(_folder, part, Path.GetFileName(file)));
        }
        string rules = Path.Combine(_folder, "rules", "alerts.rules.yaml"), text = File.ReadAllText(rules);
        Assert.Contains(right, text, StringComparison.Ordinal);
        File.WriteAllText(rules, text.Replace(right, wrong, StringComparison.Ordinal));
        (int code, string said) = Promtool.Run("promtool", "test", "rules", Path.Combine(_folder, "tests", test));
        Assert.NotEqual(0, code);
        Assert.Contains("FAILED", said, StringComparison.Ordinal);
    }

    [NeedsFact("promtool")]
    public void Every_query_of_a_panel_is_one()
    {
        List<(string Name, string Query)> queries = [.. Queries()];
        Assert.True(queries.Count > 90);
        Assert.All(queries, q => Assert.False(q.Query.Contains('$', StringComparison.Ordinal), $"{q.Name}: {q.Query}"));
        (int code, string said) = CheckAsRules(queries);
        Assert.True(code == 0, said);
        Assert.Contains($"{queries.Count} rules found", said, StringComparison.Ordinal);
    }

    [NeedsTheory("promtool")]
    [InlineData("sum by policy (rate(stressfarm_schedules_total[5m]))")]
    [InlineData("rate(stressfarm_schedules_total)")]
    [InlineData("histogram_quantile(stressfarm_steps_total, 0.5)")]
    public void A_query_that_is_none_is_found(string query)
    {
        Assert.NotEqual(0, CheckAsRules([.. Queries(), ("planted", query)]).Code);
    }

    [Fact]
    public void Rules_made_short_for_a_test_have_no_long_duration()
    {
        string text = string.Concat(Repository.Files("*.yaml", "dashboards", "prometheus", "rules").Select(f => ShortRules.Shorten(File.ReadAllText(f))));
        Assert.DoesNotMatch(LongDuration(), text);
        Assert.Contains("for: 10s", text, StringComparison.Ordinal);
        Assert.Contains("[1440s] offset 60s", text, StringComparison.Ordinal);
        Assert.Contains("> 15 * 1\n", text, StringComparison.Ordinal);
        Assert.Contains("24 * 60 * deriv(", text, StringComparison.Ordinal);
    }

    [NeedsFact("promtool")]
    public void Rules_made_short_for_a_test_are_valid()
    {
        foreach (string file in Repository.Files("*.yaml", "dashboards", "prometheus", "rules"))
        {
            string copy = Path.Combine(_folder, Path.GetFileName(file));
            File.WriteAllText(copy, ShortRules.Shorten(File.ReadAllText(file)));
            Passes("check", ["rules", copy]);
        }
    }

    [Fact]
    public void Grafana_is_provisioned_from_the_files_and_not_from_the_browser()
    {
        YamlMappingNode provider = Assert.Single(RuleFile.List(RuleFile.Root(Repository.Read("dashboards", "grafana", "provisioning", "dashboards.yaml")), "providers"));
        Assert.Equal("false", RuleFile.Scalar(provider, "allowUiUpdates"));
        Assert.Equal("true", RuleFile.Scalar(provider, "disableDeletion"));
        YamlMappingNode source = Assert.Single(RuleFile.List(RuleFile.Root(Repository.Read("dashboards", "grafana", "provisioning", "datasources.yaml")), "datasources"));
        Assert.Equal("prometheus", RuleFile.Scalar(source, "type"));
        // Grafana works out $__rate_interval from the interval of the scrapes.
        string interval = RuleFile.Scalar((YamlMappingNode)source.Children["jsonData"], "timeInterval")!;
        Assert.Contains($"scrape_interval: {interval}\n", Repository.Read("dashboards", "prometheus", "prometheus.yml"), StringComparison.Ordinal);
    }

    private static IEnumerable<(string Name, string Query)> Queries() =>
        from name in Dashboard.Names
        let board = Dashboard.Load(name)
        from q in board.Targets.Select(t => ($"{name}_{t.Panel["id"]}_{Dashboard.Text(t.Target["refId"])}", Dashboard.Expr(t.Target)))
            .Concat(board.Annotations.Where(a => a.ContainsKey("expr")).Select((a, i) => ($"{name}_annotation_{i}", Dashboard.Expr(a))))
        select (q.Item1, Dashboard.Substituted(q.Item2));

    private (int Code, string Output) CheckAsRules(IEnumerable<(string Name, string Query)> queries)
    {
        var rules = new StringBuilder("groups:\n  - name: panels\n    rules:\n");
        foreach ((string name, string query) in queries)
            rules.Append($"      - record: {name}\n        expr: '{query.Replace("'", "''", StringComparison.Ordinal)}'\n");
        string file = Path.Combine(_folder, "panels.rules.yaml");
        File.WriteAllText(file, rules.ToString());
        return Promtool.Run("promtool", "check", "rules", file);
    }

    private static void Passes(string command, string[] args)
    {
        (int code, string said) = Promtool.Run("promtool", [command, .. args]);
        Assert.True(code == 0, said);
    }

    private static string Route(string file, params string[] labels) =>
        Promtool.Run("amtool", ["config", "routes", "test", "--config.file=" + file, .. labels]).Output.Split('\n')[0];

    [GeneratedRegex(@"(\[|\boffset |\bfor: |\binterval: )\d+[mhdw]\b")]
    private static partial Regex LongDuration();
}
