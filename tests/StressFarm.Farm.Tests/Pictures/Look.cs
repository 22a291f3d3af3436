using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>How a panel wants a field shown: its defaults, and on them the overrides that match the field.</summary>
internal sealed class Look
{
    private readonly List<JsonElement> _layers = [];

    /// <param name="name">of the series or of the column</param>
    /// <param name="target">the query's refId</param>
    public Look(JsonElement panel, string name, string target)
    {
        foreach (JsonElement entry in panel.Items("fieldConfig", "overrides"))
        {
            string options = entry.Text("matcher", "options");
            bool matches = entry.Text("matcher", "id") switch
            {
                "byName" => options == name,
                "byRegexp" => Regex.IsMatch(name, Pattern(options)),
                "byFrameRefID" => options == target,
                "byType" => false,
                string other => throw new FormatException($"no drawing of the matcher '{other}'"),
            };
            if (matches) _layers.AddRange(entry.Items("properties"));
        }
        Defaults = panel.At("fieldConfig", "defaults") ?? default;
    }

    private JsonElement Defaults { get; }

    public string Unit => Value("unit")?.GetString() ?? "";
    public int? Decimals => Value("decimals") is { ValueKind: JsonValueKind.Number } d ? d.GetInt32() : null;
    public double? Least => Value("min") is { ValueKind: JsonValueKind.Number } n ? n.GetDouble() : null;
    public double? Most => Value("max") is { ValueKind: JsonValueKind.Number } n ? n.GetDouble() : null;
    public string? DisplayName => Value("displayName")?.GetString();
    public string? NoValue => Value("noValue")?.GetString();
    public bool Stacked => Custom("stacking") is { } s && s.Text("mode") is "normal" or "percent";
    public bool Bars => Custom("drawStyle") is { ValueKind: JsonValueKind.String } s && s.GetString() == "bars";
    public bool Points => Custom("drawStyle") is { ValueKind: JsonValueKind.String } s && s.GetString() == "points";
    public bool Steps => Custom("lineInterpolation") is { ValueKind: JsonValueKind.String } s && s.GetString()!.StartsWith("step", StringComparison.Ordinal);
    public bool Dashed => Custom("lineStyle") is { } s && s.Text("fill") is "dash" or "dot";
    public bool Log => Custom("scaleDistribution") is { } s && s.Text("type") is "log" or "symlog";
    public bool OnTheRight => Custom("axisPlacement") is { ValueKind: JsonValueKind.String } s && s.GetString() == "right";
    public bool Hidden => Custom("hidden") is { ValueKind: JsonValueKind.True } || Custom("hideFrom") is { } h && h.At("viz") is { ValueKind: JsonValueKind.True };
    public string AxisLabel => Custom("axisLabel") is { ValueKind: JsonValueKind.String } s ? s.GetString()! : "";
    public double Fill => Custom("fillOpacity") is { ValueKind: JsonValueKind.Number } n ? n.GetDouble() / 100 : 0;
    public double LineWidth => Custom("lineWidth") is { ValueKind: JsonValueKind.Number } n ? n.GetDouble() : 1;
    /// <summary>Of a column, in pixels; null where it takes what is left.</summary>
    public double? Width => Custom("width") is { ValueKind: JsonValueKind.Number } n ? n.GetDouble() : null;
    public string ThresholdLines => Custom("thresholdsStyle") is { } s ? s.Text("mode") : "";

    /// <summary>How a cell of a table is coloured: "", <c>color-text</c>, <c>color-background</c> or <c>gauge</c>.</summary>
    public string Cell => Custom("cellOptions") is { } s ? s.Text("type") : "";

    /// <summary>A colour that is fixed; null where it follows from the value or from the order.</summary>
    public string? Fixed => Value("color") is { } c && c.Text("mode") == "fixed" ? Palette.Named(c.Text("fixedColor") is { Length: > 0 } name ? name : "green") : null;

    /// <summary>The name of a scale of colours; null where the colour does not go with the value.</summary>
    public string? Continuous => Value("color") is { } c && c.Text("mode").StartsWith("continuous-", StringComparison.Ordinal) ? c.Text("mode")[11..] : null;

    public bool ByThreshold => Value("color") is not { } c || c.Text("mode") is "thresholds" or "";

    public IEnumerable<(double From, string Color)> Thresholds => Value("thresholds") is { } t
        ? t.Items("steps").Select(s => (s.Number("value") ?? double.NegativeInfinity, Palette.Named(s.Text("color"))))
        : [(double.NegativeInfinity, Palette.Named("green"))];

    /// <summary>The colour of a value: of what it is mapped to, the fixed one, its place between the least and the most, or that of its threshold.</summary>
    public string ColorOf(double value, double least = 0, double most = 0)
    {
        if (Mapping(value)?.Text("color") is { Length: > 0 } mapped) return Palette.Named(mapped);
        if (Fixed is { } color) return color;
        if (Continuous is { } scale) return Palette.Between(scale, ((double.IsNaN(value) ? least : value) - (Least ?? least)) / Math.Max(1e-12, (Most ?? most) - (Least ?? least)));
        string found = Palette.Named("green");
        bool percent = Value("thresholds") is { } t && t.Text("mode") == "percentage";
        double at = percent ? 100 * (value - (Least ?? 0)) / ((Most ?? 100) - (Least ?? 0)) : value;
        foreach (var (from, step) in Thresholds)
            if (at >= from) found = step;
        return found;
    }

    public string Format(double value, double now) =>
        double.IsNaN(value) && NoValue is { } none ? none
        : Mapping(value)?.Text("text") is { Length: > 0 } mapped ? mapped : Units.Format(value, Unit, Decimals, now);

    private JsonElement? Mapping(double value)
    {
        if (Value("mappings") is not { ValueKind: JsonValueKind.Array } mappings) return null;
        foreach (JsonElement mapping in mappings.EnumerateArray())
        {
            switch (mapping.Text("type"))
            {
                case "value" when mapping.At("options", value.ToString(CultureInfo.InvariantCulture)) is { } exact:
                    return exact;
                case "range" when value >= (mapping.Number("options", "from") ?? double.NegativeInfinity) && value <= (mapping.Number("options", "to") ?? double.PositiveInfinity):
                    return mapping.At("options", "result");
                case "special" when mapping.Text("options", "match") is "null" or "nan" or "null+nan" && double.IsNaN(value):
                    return mapping.At("options", "result");
            }
        }
        return null;
    }

    private JsonElement? Custom(string name) => Layer($"custom.{name}") ?? Some(Defaults.At("custom", name));
    private JsonElement? Value(string name) => Layer(name) ?? Some(Defaults.At(name));
    private static JsonElement? Some(JsonElement? element) => element is { ValueKind: JsonValueKind.Null } ? null : element;

    private JsonElement? Layer(string id)
    {
        for (int i = _layers.Count - 1; i >= 0; i--)
            if (_layers[i].Text("id") == id) return _layers[i].At("value");
        return null;
    }

    private static string Pattern(string options) => options.Length > 1 && options[0] == '/' ? options[1..options.LastIndexOf('/')] : options;
}
