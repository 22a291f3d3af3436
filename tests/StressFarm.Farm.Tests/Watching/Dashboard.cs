using System.Text.Json;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>A dashboard's file, as much of it as its queries and its picture need.</summary>
internal sealed record Dashboard(string Name, string Title, string Description, IReadOnlyList<Panel> Panels, IReadOnlyDictionary<string, string> Variables)
{
    public static IReadOnlyList<Dashboard> All(string folder) =>
        [.. Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(f => Parse(Path.GetFileNameWithoutExtension(f), File.ReadAllText(f)))];

    public static Dashboard Parse(string name, string json)
    {
        JsonElement root = JsonDocument.Parse(json).RootElement;
        var panels = new List<Panel>();
        foreach (JsonElement panel in root.GetProperty("panels").EnumerateArray())
        {
            panels.Add(Panel.Of(panel));
            // A row that is closed holds its panels.
            if (panel.TryGetProperty("panels", out JsonElement inner)) panels.AddRange(inner.EnumerateArray().Select(Panel.Of));
        }
        return new(name, root.Text("title"), root.Text("description"), panels, VariablesOf(root));
    }

    /// <summary>What stands for each variable: everything, where "All" can be chosen; else what is chosen.</summary>
    private static Dictionary<string, string> VariablesOf(JsonElement root)
    {
        var variables = new Dictionary<string, string>();
        if (root.At("templating", "list") is not { ValueKind: JsonValueKind.Array } list) return variables;
        foreach (JsonElement variable in list.EnumerateArray())
        {
            bool all = variable.At("includeAll") is { ValueKind: JsonValueKind.True };
            string chosen = variable.Text("current", "value");
            variables[variable.Text("name")] = all ? variable.Text("allValue") is { Length: > 0 } text ? text : ".*" : chosen;
        }
        return variables;
    }
}

/// <summary>A panel; <see cref="X"/> to <see cref="Height"/> in units of the grid, which has 24 columns.</summary>
internal sealed record Panel(string Type, string Title, int X, int Y, int Width, int Height, IReadOnlyList<Target> Targets, JsonElement Json)
{
    public static Panel Of(JsonElement panel) => new(
        panel.Text("type"), panel.Text("title"), Grid(panel, "x"), Grid(panel, "y"), Grid(panel, "w"), Grid(panel, "h"),
        panel.At("targets") is { ValueKind: JsonValueKind.Array } targets ? [.. targets.EnumerateArray().Select(Target.Of)] : [], panel.Clone());

    private static int Grid(JsonElement panel, string name) => panel.At("gridPos", name) is { ValueKind: JsonValueKind.Number } n ? n.GetInt32() : 0;
}

/// <summary>A query of a panel, with its variables still in it.</summary>
internal sealed record Target(string Id, string Expression, string Legend, bool Instant, string Format, bool Hidden)
{
    public static Target Of(JsonElement target) => new(
        target.Text("refId"), target.Text("expr"), target.Text("legendFormat"), target.At("instant") is { ValueKind: JsonValueKind.True }, target.Text("format"),
        target.At("hide") is { ValueKind: JsonValueKind.True });
}

internal static class JsonPath
{
    /// <summary>The element at the end of a path; null where it ends before.</summary>
    public static JsonElement? At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        return element;
    }

    public static string Text(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    public static double? Number(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    public static IEnumerable<JsonElement> Items(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];
}
