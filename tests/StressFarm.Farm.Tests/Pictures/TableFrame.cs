using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>What a table shows: rows of cells, each a text or a number, after the panel's transformations.</summary>
internal sealed class TableFrame
{
    private List<string> _columns = [];
    private List<Dictionary<string, object>> _rows = [];
    private readonly List<(string Target, List<Dictionary<string, object>> Rows)> _frames = [];

    private TableFrame(PanelData data)
    {
        int targets = data.Panel.Targets.Count(t => !t.Hidden);
        foreach (var group in data.Series.GroupBy(s => s.Target.Id))
            _frames.Add((group.Key, [.. group.Select(s => Row(s, targets > 1 ? $"Value #{group.Key}" : "Value"))]));
        Union();
        foreach (JsonElement transformation in data.Panel.Json.Items("transformations"))
        {
            if (transformation.At("disabled") is { ValueKind: JsonValueKind.True }) continue;
            Apply(transformation.Text("id"), transformation.At("options") ?? default);
        }
    }

    public IReadOnlyList<string> Columns => _columns;
    public IReadOnlyList<IReadOnlyDictionary<string, object>> Rows => _rows;

    public static TableFrame Of(PanelData data) => new(data);

    private static Dictionary<string, object> Row(PanelSeries series, string value)
    {
        var row = new Dictionary<string, object> { ["Time"] = series.Points[^1].Time * 1000 };
        foreach (var (name, text) in series.Labels.OrderBy(l => l.Key, StringComparer.Ordinal)) row[name] = text;
        row[value] = series.Points[^1].Value;
        return row;
    }

    private void Apply(string id, JsonElement options)
    {
        switch (id)
        {
            case "merge":
                Join(_columns.Where(c => !c.StartsWith("Value", StringComparison.Ordinal)));
                break;
            case "joinByField":
                Join([options.Text("byField")]);
                break;
            case "organize":
                Organize(options);
                break;
            case "filterFieldsByName":
                string[] names = [.. options.Items("include", "names").Select(n => n.GetString()!)];
                string pattern = options.Text("include", "pattern").Trim('/');
                Keep(c => names.Contains(c) || pattern.Length > 0 && Regex.IsMatch(c, pattern));
                break;
            case "groupingToMatrix":
                Matrix(options.Text("rowField"), options.Text("columnField"), options.Text("valueField") is { Length: > 0 } v ? v : "Value");
                break;
            case "sortBy":
                foreach (JsonElement sort in options.Items("sort").Reverse()) Sort(sort.Text("field"), sort.At("desc") is { ValueKind: JsonValueKind.True });
                break;
            case "labelsToFields" or "seriesToRows":
                break;
            default:
                throw new FormatException($"no drawing of the transformation '{id}'");
        }
    }

    private void Union()
    {
        _rows = [.. _frames.SelectMany(f => f.Rows)];
        _columns = [.. _rows.SelectMany(r => r.Keys).Distinct().OrderBy(c => c == "Time" ? 0 : c.StartsWith("Value", StringComparison.Ordinal) ? 2 : 1)];
    }

    /// <summary>Rows that agree in these columns become one. The time of a sample does not keep rows apart: all are of one moment.</summary>
    private void Join(IEnumerable<string> keys)
    {
        string[] by = [.. keys.Where(k => k != "Time")];
        var joined = new Dictionary<string, Dictionary<string, object>>();
        var order = new List<string>();
        foreach (var row in _rows)
        {
            string key = string.Join('\u001f', by.Select(k => Text(row.GetValueOrDefault(k))));
            if (!joined.TryGetValue(key, out var into))
            {
                joined[key] = into = [];
                order.Add(key);
            }
            foreach (var (name, value) in row) into.TryAdd(name, value);
        }
        _rows = [.. order.Select(k => joined[k])];
    }

    private void Organize(JsonElement options)
    {
        Keep(c => options.At("excludeByName", c) is not { ValueKind: JsonValueKind.True });
        if (options.At("indexByName") is { ValueKind: JsonValueKind.Object } order)
            _columns = [.. _columns.OrderBy(c => order.Number(c) ?? 1000)];
        if (options.At("renameByName") is not { ValueKind: JsonValueKind.Object } names) return;
        foreach (JsonProperty rename in names.EnumerateObject())
        {
            string to = rename.Value.GetString()!;
            int at = _columns.IndexOf(rename.Name);
            if (at < 0 || to.Length == 0) continue;
            _columns[at] = to;
            foreach (var row in _rows)
                if (row.Remove(rename.Name, out object? value)) row[to] = value;
        }
    }

    private void Matrix(string row, string column, string value)
    {
        string corner = $@"{row}\{column}";
        var rows = new SortedDictionary<string, Dictionary<string, object>>(StringComparer.Ordinal);
        var columns = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var cell in _rows)
        {
            string at = Text(cell.GetValueOrDefault(row)), to = Text(cell.GetValueOrDefault(column));
            if (!rows.TryGetValue(at, out var line)) rows[at] = line = new() { [corner] = at };
            columns.Add(to);
            if (cell.TryGetValue(value, out object? number)) line[to] = number;
        }
        _rows = [.. rows.Values];
        _columns = [corner, .. columns];
    }

    private void Sort(string column, bool down)
    {
        var rows = _rows.OrderBy(r => r.GetValueOrDefault(column) is double d ? d : double.NegativeInfinity).ThenBy(r => Text(r.GetValueOrDefault(column)), StringComparer.Ordinal);
        _rows = down ? [.. rows.Reverse()] : [.. rows];
    }

    private void Keep(Func<string, bool> keep) => _columns = [.. _columns.Where(keep)];
    private static string Text(object? cell) => cell switch { null => "", double d => d.ToString(CultureInfo.InvariantCulture), _ => (string)cell };
}
