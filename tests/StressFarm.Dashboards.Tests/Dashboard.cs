using System.Text.Json.Nodes;

namespace StressFarm.Dashboards.Tests;

/// <summary>A dashboard's JSON, and the parts of it that rules look at.</summary>
internal sealed class Dashboard(JsonObject json)
{
    public static IReadOnlyList<string> Names { get; } =
        [.. Repository.Files("*.json", "dashboards", "grafana").Select(f => System.IO.Path.GetFileNameWithoutExtension(f)!)];

    public static Dashboard Load(string name) =>
        new(JsonNode.Parse(Repository.Read("dashboards", "grafana", name + ".json"))!.AsObject());

    public JsonObject Json => json;

    public string Uid => Text(json["uid"]);

    /// <summary>Every panel that shows something: no rows.</summary>
    public IEnumerable<JsonObject> Panels => AllPanels.Where(p => Text(p["type"]) != "row");

    public IEnumerable<JsonObject> AllPanels => Objects(json["panels"]);

    public IEnumerable<JsonObject> Variables => Objects(json["templating"]?["list"]);

    public IEnumerable<JsonObject> Links => Objects(json["links"]);

    public IEnumerable<JsonObject> Annotations => Objects(json["annotations"]?["list"]);

    public IEnumerable<(JsonObject Panel, JsonObject Target)> Targets =>
        Panels.SelectMany(p => Objects(p["targets"]).Select(t => (p, t)));

    public JsonObject? Variable(string name) => Variables.FirstOrDefault(v => Text(v["name"]) == name);

    public static string Text(JsonNode? node) => node is JsonValue v && v.TryGetValue(out string? s) ? s : "";

    public static string Expr(JsonObject target) => Text(target["expr"]);

    public static string Where(JsonObject panel) => $"panel {panel["id"]} '{Text(panel["title"])}'";

    public static IEnumerable<JsonObject> Objects(JsonNode? list) => list is JsonArray a ? a.OfType<JsonObject>() : [];

    /// <summary>A query as promtool can read it: Grafana's variables have a value.</summary>
    public static string Substituted(string query) => query
        .Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$__range", "6h", StringComparison.Ordinal)
        .Replace("$job", "stressfarm", StringComparison.Ordinal).Replace("$instance", ".+", StringComparison.Ordinal)
        .Replace("$policy", ".+", StringComparison.Ordinal);
}
