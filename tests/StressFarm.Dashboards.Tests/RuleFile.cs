using YamlDotNet.RepresentationModel;

namespace StressFarm.Dashboards.Tests;

/// <summary>A rule of Prometheus: an alert or a recorded series.</summary>
internal sealed record Rule(string Group, string Name, bool IsAlert, string Expr, string? For, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations);

/// <summary>One alert as one unit test looks at it.</summary>
internal sealed record AlertTest(string File, string Case, string Alert, bool Fires, bool WithoutAnySeries);

/// <summary>What the files under dashboards/prometheus say.</summary>
internal static class RuleFile
{
    public static IReadOnlyList<Rule> All { get; } = [.. Repository.Files("*.yaml", "dashboards", "prometheus", "rules").SelectMany(f => Rules(File.ReadAllText(f)))];

    public static IEnumerable<Rule> Alerts => All.Where(r => r.IsAlert);

    public static IEnumerable<Rule> Recorded => All.Where(r => !r.IsAlert);

    public static IReadOnlyList<string> TestFiles { get; } = Repository.Files("*.yaml", "dashboards", "prometheus", "tests");

    public static IEnumerable<Rule> Rules(string text) =>
        from g in List(Root(text), "groups")
        from r in List(g, "rules")
        let alert = Scalar(r, "alert")
        select new Rule(Scalar(g, "name")!, alert ?? Scalar(r, "record")!, alert is not null, Scalar(r, "expr")!, Scalar(r, "for"), Map(r, "labels"), Map(r, "annotations"));

    public static IEnumerable<AlertTest> AlertTests() =>
        from f in TestFiles
        from c in List(Root(File.ReadAllText(f)), "tests")
        from t in List(c, "alert_rule_test")
        select new AlertTest(Path.GetFileName(f), Scalar(c, "name")!, Scalar(t, "alertname")!, List(t, "exp_alerts").Any(), !List(c, "input_series").Any());

    public static IEnumerable<string> TestedQueries() =>
        from f in TestFiles
        from c in List(Root(File.ReadAllText(f)), "tests")
        from t in List(c, "promql_expr_test")
        where List(t, "exp_samples").Any()
        select Scalar(t, "expr")!;

    public static YamlMappingNode Root(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    public static IEnumerable<YamlMappingNode> List(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out YamlNode? list) && list is YamlSequenceNode s ? s.Children.Cast<YamlMappingNode>() : [];

    public static string? Scalar(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out YamlNode? value) ? ((YamlScalarNode)value).Value : null;

    private static Dictionary<string, string> Map(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out YamlNode? map)
            ? ((YamlMappingNode)map).Children.ToDictionary(e => ((YamlScalarNode)e.Key).Value!, e => ((YamlScalarNode)e.Value).Value!)
            : [];
}
