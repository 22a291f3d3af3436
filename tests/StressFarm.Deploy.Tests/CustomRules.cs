namespace StressFarm.Deploy.Tests;

/// <summary>The Prometheus operator's resources, which Kubernetes' own API does not know: a field that is not on this list is a breach.</summary>
internal static class CustomRules
{
    /// <summary>As the operator's definitions have them, as far as the farm uses them; under a name with a star anything may stand.</summary>
    private static readonly Dictionary<string, string[]> s_fields = new()
    {
        ["PodMonitor"] = ["apiVersion", "kind", "metadata", "spec"],
        ["PodMonitor.metadata"] = ["name", "namespace", "labels*"],
        ["PodMonitor.spec"] = ["jobLabel", "selector", "podMetricsEndpoints"],
        ["PodMonitor.spec.selector"] = ["matchLabels*"],
        ["PodMonitor.spec.podMetricsEndpoints"] = ["port", "path", "interval", "authorization"],
        ["PodMonitor.spec.podMetricsEndpoints.authorization"] = ["credentials"],
        ["PodMonitor.spec.podMetricsEndpoints.authorization.credentials"] = ["name", "key"],
        ["PrometheusRule"] = ["apiVersion", "kind", "metadata", "spec"],
        ["PrometheusRule.metadata"] = ["name", "namespace", "labels*"],
        ["PrometheusRule.spec"] = ["groups"],
        ["PrometheusRule.spec.groups"] = ["name", "interval", "rules"],
        ["PrometheusRule.spec.groups.rules"] = ["alert", "record", "expr", "for", "labels*", "annotations*"],
    };

    public static IEnumerable<string> Faults(Dictionary<object, object?> resource)
    {
        if ((string?)resource.GetValueOrDefault("apiVersion") != "monitoring.coreos.com/v1") yield return $"{resource["kind"]}: another version than monitoring.coreos.com/v1";
        foreach (string fault in Unknown((string)resource["kind"]!, resource)) yield return fault;
    }

    private static IEnumerable<string> Unknown(string path, object? node)
    {
        if (node is List<object?> items) return items.SelectMany(i => Unknown(path, i));
        if (node is not Dictionary<object, object?> map) return [];
        string[] known = s_fields.GetValueOrDefault(path) ?? [];
        return map.Where(f => !known.Contains($"{f.Key}*")).SelectMany(f => known.Contains(f.Key) ? Unknown($"{path}.{f.Key}", f.Value) : [$"{path} has no field {f.Key}"]);
    }
}
