using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace StressFarm.Dashboards.Tests;

/// <summary>Alerts and recorded series: their names, what they ask for, what they say, where they send somebody, and that they are tested.</summary>
public partial class RuleTests
{
    private const string Runbook = "https://stressfarm.example/dashboards/runbook.md#", Grafana = "https://grafana.example/d/";

    public static TheoryData<string> AlertNames => [.. RuleFile.Alerts.Select(a => a.Name)];

    private static Rule Alert(string name) => RuleFile.Alerts.Single(a => a.Name == name);

    [Fact]
    public void The_alerts_of_the_design_are_there()
    {
        string[] wanted =
        [
            "NewViolation", "ControlViolation", "CanaryMissed", "CanarySilent", "LedgerDiscrepancy", "ReplayMismatch", "NoProgress", "SiloAbsent", "NoSilo",
            "LeaseStuck", "CampaignFailed", "ThroughputRegression", "SoakMemoryGrowth", "CheckpointStale", "ClusterSplit", "StoreErrors", "CardinalityOverflow", "Watchdog",
        ];
        Assert.Equal(wanted.Select(w => "StressFarm" + w).Order(StringComparer.Ordinal), RuleFile.Alerts.Select(a => a.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void An_alert_says_what_it_is_and_where_to_read_on(string name)
    {
        Rule alert = Alert(name);
        Assert.Contains(alert.Labels["severity"], (string[])["critical", "warning", "info", "none"]);
        Assert.False(string.IsNullOrWhiteSpace(alert.Annotations["summary"]));
        Assert.False(string.IsNullOrWhiteSpace(alert.Annotations["description"]));
        Assert.Equal(Runbook + Anchor(name), alert.Annotations["runbook_url"]);
        if (name == "StressFarmWatchdog") return;
        string board = alert.Annotations["dashboard_url"];
        Assert.StartsWith(Grafana, board);
        Assert.Contains(board[Grafana.Length..], Dashboard.Names.Select(n => Dashboard.Load(n).Uid));
    }

    [Fact]
    public void The_runbook_has_one_part_for_each_alert_and_none_for_others() =>
        Assert.Equal(RuleFile.Alerts.Select(a => a.Name).Order(StringComparer.Ordinal), Heading().Matches(RunbookText).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));

    [Fact]
    public void Each_part_of_the_runbook_says_what_to_do()
    {
        foreach (string part in RunbookText.Split("\n## ").Skip(1))
            Assert.All((string[])["\n**Means**", "\n**Look**", "\n**Do**", "\n**Silence**"], word => Assert.True(part.Contains(word, StringComparison.Ordinal), $"{part.Split('\n')[0]}: no {word}"));
    }

    [Fact]
    public void The_runbook_leads_to_pages_and_panels_that_are_there()
    {
        foreach (Match link in Link().Matches(RunbookText))
            Assert.True(File.Exists(Path.Combine(Repository.Path("dashboards"), link.Groups[1].Value)), link.Value);
        HashSet<string> titles = [.. Dashboard.Names.SelectMany(n => Dashboard.Load(n).Panels.Select(p => Dashboard.Text(p["title"])).Append(n)), "Status", "Targets", "Alerts", "Rules"];
        var named = Emphasis().Matches(RunbookText).Select(m => m.Groups[1].Value.Replace('\n', ' ')).Where(t => t != "clean").ToList();
        Assert.True(named.Count > 20);
        Assert.All(named, t => Assert.True(titles.Contains(t) || titles.Contains(t.ToLowerInvariant()), t));
    }

    [Fact]
    public void The_runbook_asks_only_for_metrics_there_are()
    {
        var queries = Code().Matches(RunbookText).Select(m => m.Groups[1].Value).Concat(RunbookText.Split('\n').Where(l => l.StartsWith("    sum", StringComparison.Ordinal)))
            .Where(c => c.Contains("_total", StringComparison.Ordinal)).ToList();
        Assert.True(queries.Count > 3);
        Assert.All(queries.SelectMany(q => PromQl.Read(q).Selectors), s => Assert.True(s.Name.Length == 0 || MetricContract.Documented.Find(s.Name) is not null, s.Name));
    }

    [Fact]
    public void Rules_ask_only_for_metrics_and_labels_there_are()
    {
        HashSet<string> recorded = [.. RuleFile.Recorded.Select(r => r.Name)];
        foreach (Rule rule in RuleFile.All)
            foreach (Selector s in PromQl.Read(rule.Expr).Selectors)
            {
                if (recorded.Contains(s.Name) || s.Name == "stressfarm_.+") continue;
                Metric? metric = MetricContract.Documented.Find(s.Name);
                Assert.True(metric is not null, $"{rule.Name}: {s.Name} is in no list of metrics");
                Assert.All(s.Matchers, m => Assert.True(m.Label == "job" || metric.Labels.Contains(m.Label), $"{rule.Name}: {s.Name} has no label {m.Label}"));
                Assert.True(!metric.IsCounter || s.Function is "rate" or "increase" || MetricContract.AsTheyStand.Contains(s.Name), $"{rule.Name}: counter {s.Name} without a rate");
                Assert.True(metric.IsCounter || s.Function is not ("rate" or "increase"), $"{rule.Name}: {s.Function} of the gauge {s.Name}");
            }
    }

    [Fact]
    public void Recorded_series_are_named_level_metric_operations_and_used()
    {
        var used = RuleFile.Alerts.SelectMany(a => PromQl.Read(a.Expr).Selectors).Select(s => s.Name).ToHashSet();
        foreach (Rule rule in RuleFile.Recorded)
        {
            string[] parts = rule.Name.Split(':');
            Assert.Equal(3, parts.Length);
            Assert.Equal(parts[0].Split('_').Order(StringComparer.Ordinal), PromQl.Read(rule.Expr).Grouping.Order(StringComparer.Ordinal));
            Assert.Contains(PromQl.Read(rule.Expr).Selectors, s => s.Name == parts[1] || s.Name == parts[1] + "_total" || s.Matches("state", "=", parts[1].Split('_')[^1]));
            Assert.Contains(rule.Name, used);
        }
        Assert.All(used.Where(n => n.Contains(':', StringComparison.Ordinal)), n => Assert.Contains(RuleFile.Recorded, r => r.Name == n));
    }

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void An_alert_is_tested_to_fire_and_not_to_fire_also_without_any_metrics(string name)
    {
        var tests = RuleFile.AlertTests().Where(t => t.Alert == name).ToList();
        Assert.Contains(tests, t => t.Fires);
        if (name == "StressFarmWatchdog") return;
        Assert.Contains(tests, t => !t.Fires && !t.WithoutAnySeries);
        Assert.Contains(tests, t => t.WithoutAnySeries && t.Fires == (name == "StressFarmNoSilo"));
    }

    [Fact]
    public void A_recorded_series_is_tested() =>
        Assert.All(RuleFile.Recorded, r => Assert.Contains(RuleFile.TestedQueries(), q => q.Contains(r.Name, StringComparison.Ordinal)));

    [Fact]
    public void Tests_and_runbook_name_canaries_that_are_on_the_list()
    {
        HashSet<string> list = [.. Canary().Matches(Repository.Read("docs", "canaries.md")).Select(m => m.Groups[1].Value)];
        Assert.True(list.Count > 10);
        var named = RuleFile.TestFiles.SelectMany(f => CanaryLabel().Matches(File.ReadAllText(f))).Concat(Bug().Matches(RunbookText)).Select(m => m.Groups[1].Value).ToList();
        Assert.True(named.Count > 20);
        Assert.All(named, n => Assert.Contains(n, list));
    }

    [Fact]
    public void Alertmanager_speaks_of_alerts_there_are() =>
        Assert.All(Named().Matches(Repository.Read("dashboards", "prometheus", "alertmanager.yml")), m => Assert.Contains(RuleFile.Alerts, a => a.Name == m.Value));

    /// <summary>One page, not many: what follows from a farm that is not there, or does nothing, is told by that alone.</summary>
    [Theory]
    [InlineData("NoSilo", "SiloAbsent ThroughputRegression")]
    [InlineData("NoProgress", "CheckpointStale LeaseStuck ThroughputRegression")]
    [InlineData("ThroughputRegression", "")]
    public void An_alert_inhibits_what_follows_from_it(string source, string targets)
    {
        YamlMappingNode config = RuleFile.Root(Repository.Read("dashboards", "prometheus", "alertmanager.yml"));
        var rules = RuleFile.List(config, "inhibit_rules").Where(r => Matches(r, "source_matchers", "StressFarm" + source)).ToList();
        Assert.All(rules, r => Assert.Equal(["job"], Scalars(r, "equal")));
        Assert.Equal(targets, string.Join(' ', RuleFile.Alerts.Select(a => a.Name).Where(n => rules.Any(r => Matches(r, "target_matchers", n))).Select(n => n["StressFarm".Length..]).Order(StringComparer.Ordinal)));
    }

    private static IEnumerable<string> Scalars(YamlMappingNode rule, string key) => ((YamlSequenceNode)rule.Children[key]).Select(n => ((YamlScalarNode)n).Value!);

    private static bool Matches(YamlMappingNode rule, string key, string alert) => Scalars(rule, key).All(text =>
    {
        Match m = AlertMatcher().Match(text);
        Assert.True(m.Success, text);
        return m.Groups[1].Value == "=" ? m.Groups[2].Value == alert : Regex.IsMatch(alert, $"^(?:{m.Groups[2].Value.Trim('"')})$");
    });

    [Fact]
    public void The_page_lists_every_alert_with_its_severity()
    {
        var listed = Row().Matches(Repository.Read("docs", "monitoring.md")).Select(m => (m.Groups[1].Value, m.Groups[2].Value)).Order();
        Assert.Equal(RuleFile.Alerts.Select(a => (a.Name, a.Labels["severity"])).Order(), listed);
    }

    private static string RunbookText { get; } = Repository.Read("dashboards", "runbook.md");

    /// <summary>The anchor that a heading of one word gets.</summary>
    private static string Anchor(string heading) => heading.ToLowerInvariant();

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\((?!http|#)([^)#]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<!\*)\*([^*]+)\*(?!\*)")]
    private static partial Regex Emphasis();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("^\\| `([^`]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex Canary();

    [GeneratedRegex("canary=\"([^\"]+)\"")]
    private static partial Regex CanaryLabel();

    [GeneratedRegex(@"--bug (\S+)")]
    private static partial Regex Bug();

    [GeneratedRegex("^alertname (=~?) (.+)$")]
    private static partial Regex AlertMatcher();

    [GeneratedRegex(@"\bStressFarm\w+\b(?!\()")]
    private static partial Regex Named();

    [GeneratedRegex(@"^\| `?(StressFarm\w+)`? \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
