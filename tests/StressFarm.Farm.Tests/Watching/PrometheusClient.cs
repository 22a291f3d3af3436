using System.Globalization;
using System.Net;
using System.Text.Json;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>One series of an answer: its labels and its points in order of time, NaN left out.</summary>
internal sealed record Series(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<(double Time, double Value)> Points);

/// <summary>An alert that is pending or fires.</summary>
internal sealed record ActiveAlert(string Name, string State, IReadOnlyDictionary<string, string> Labels);

/// <summary>A rule as Prometheus has loaded it: of type <c>alerting</c> or <c>recording</c>.</summary>
internal sealed record LoadedRule(string Name, string Type, string Query, string Health, string Error);

/// <summary>Prometheus' HTTP API, as much of it as watching needs.</summary>
internal sealed class PrometheusClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };

    public async Task<IReadOnlyList<Series>> Instant(string query, double? time = null)
    {
        var fields = new Dictionary<string, string> { ["query"] = query };
        if (time is { } t) fields["time"] = Text(t);
        return Read(await Ask("api/v1/query", fields));
    }

    public async Task<IReadOnlyList<Series>> Range(string query, double from, double to, double step) =>
        Read(await Ask("api/v1/query_range", new() { ["query"] = query, ["start"] = Text(from), ["end"] = Text(to), ["step"] = Text(step) }));

    public async Task<IReadOnlyList<ActiveAlert>> Alerts()
    {
        JsonElement data = await Ask("api/v1/alerts", null);
        return [.. data.GetProperty("alerts").EnumerateArray().Select(a =>
        {
            var labels = Labels(a.GetProperty("labels"));
            return new ActiveAlert(labels["alertname"], a.GetProperty("state").GetString()!, labels);
        })];
    }

    public async Task<IReadOnlyList<LoadedRule>> Rules()
    {
        JsonElement data = await Ask("api/v1/rules", null);
        return [.. data.GetProperty("groups").EnumerateArray().SelectMany(g => g.GetProperty("rules").EnumerateArray()).Select(r => new LoadedRule(
            r.GetProperty("name").GetString()!, r.GetProperty("type").GetString()!, r.GetProperty("query").GetString()!, r.GetProperty("health").GetString()!,
            r.TryGetProperty("lastError", out JsonElement error) ? error.GetString()! : ""))];
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> Ask(string path, Dictionary<string, string>? fields)
    {
        using HttpResponseMessage answer = fields is null ? await _http.GetAsync(path) : await _http.PostAsync(path, new FormUrlEncodedContent(fields));
        string text = await answer.Content.ReadAsStringAsync();
        // It is starting.
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) answer.EnsureSuccessStatusCode();
        // An expression that cannot be parsed or evaluated is an answer too, with the reason in it; whoever asked must know.
        if (!answer.IsSuccessStatusCode) throw new QueryException(text.Length > 500 ? text[..500] : text);
        return JsonDocument.Parse(text).RootElement.GetProperty("data");
    }

    private static IReadOnlyList<Series> Read(JsonElement data)
    {
        JsonElement result = data.GetProperty("result");
        return data.GetProperty("resultType").GetString() switch
        {
            "scalar" => [new Series(new Dictionary<string, string>(), Points([result]))],
            "vector" => [.. result.EnumerateArray().Select(s => new Series(Labels(s.GetProperty("metric")), Points([s.GetProperty("value")])))],
            _ => [.. result.EnumerateArray().Select(s => new Series(Labels(s.GetProperty("metric")), Points(s.GetProperty("values").EnumerateArray())))],
        };
    }

    private static IReadOnlyList<(double, double)> Points(IEnumerable<JsonElement> pairs) =>
        [.. pairs.Select(p => (p[0].GetDouble(), Number(p[1].GetString()!))).Where(p => !double.IsNaN(p.Item2))];

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static Dictionary<string, string> Labels(JsonElement labels) => labels.EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString()!);
    private static string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}

/// <summary>Prometheus refuses an expression.</summary>
internal sealed class QueryException(string message) : Exception(message);
