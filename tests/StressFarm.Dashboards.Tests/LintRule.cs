using System.Text.Json.Nodes;

namespace StressFarm.Dashboards.Tests;

/// <summary>Something that holds for every dashboard; says where it does not.</summary>
internal sealed record LintRule(string Name, Func<Dashboard, IEnumerable<string>> Complaints)
{
    /// <summary>For each panel that shows something.</summary>
    public static LintRule OfPanels(string name, Func<JsonObject, IEnumerable<string>> complaints) =>
        new(name, d => d.Panels.SelectMany(p => complaints(p).Select(c => $"{Dashboard.Where(p)}: {c}")));

    /// <summary>For each query of a panel.</summary>
    public static LintRule OfTargets(string name, Func<string, IEnumerable<string>> complaints) =>
        new(name, d => d.Targets.SelectMany(t => complaints(Dashboard.Expr(t.Target)).Select(c => $"{Dashboard.Where(t.Panel)}: {c}")));

    /// <summary>For each series that a query of a panel asks for.</summary>
    public static LintRule OfSelectors(string name, Func<Selector, IEnumerable<string>> complaints) =>
        OfTargets(name, query => PromQl.Read(query).Selectors.SelectMany(complaints));
}
