using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests;

/// <summary>
/// What a silo serves on <c>/metrics</c>. Names, types and label names are those of golden/metrics.txt, which these tests write
/// anew with the environment variable STRESSFARM_GOLDEN=write.
/// </summary>
[Collection(WholeSilo.Name)]
public sealed class MetricsTests : IAsyncLifetime
{
    private const string Campaign = "policies: [control, no-reinit]\nworkloads: [device-private-reinit]\nschedules: 1500\nshard: 64\n";
    private const string Soak = "policies: [control]\nworkloads: [gup-pin]\npages: 256\nsoak:\n  sections: 2\n  epochs: 3\n  schedules: 4\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-metrics-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private WebApplication _app = null!;

    public async Task InitializeAsync()
    {
        string tokens = Path.Combine(_folder, "tokens");
        string token = TokenFile.Add(tokens, "me", "submit");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddJsonStream(new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new
        {
            Data = Path.Combine(_folder, "data"),
            Listen = $"http://127.0.0.1:{FreePort.Take()}",
            TokenFile = tokens,
            SiloPort = FreePort.Take(),
            Workers = 1,
        })));
        _app = SiloHost.Build(builder, SiloSettings.Read(builder.Configuration));
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.First());
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public async Task DisposeAsync()
    {
        await _app.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
        await _app.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Names_types_and_labels_are_those_of_the_golden_file()
    {
        CampaignStatus campaign = await Done(await Submit(Campaign)), soak = await Done(await Submit(Soak));
        Assert.NotEmpty(await _http.GetStringAsync($"api/v1/campaigns/{campaign.Id}/findings"));
        await Scrape();
        IReadOnlyList<Sample> samples = await Scrape();

        string file = Path.Combine(RepositoryRoot.Folder, "tests", "StressFarm.Silo.Tests", "golden", "metrics.txt");
        string[] now = [.. samples.GroupBy(s => s.Family).Select(g => $"{g.Key} {g.First().Type} {string.Join(',', g.SelectMany(s => s.Labels.Keys).Distinct().Order(StringComparer.Ordinal))}".TrimEnd()).Order(StringComparer.Ordinal)];
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write") File.WriteAllText(file, string.Join('\n', now) + "\n");
        Assert.Equal(File.ReadAllLines(file), now);
        // Each is the instrument of this name.
        foreach (InstrumentName name in InstrumentNames.All)
        {
            string line = Assert.Single(now, l => l.Split(' ')[0] == name.Name);
            Assert.Equal($"{name.Name} {name.Kind.ToString().ToLowerInvariant()} {string.Join(',', name.Labels.Concat(name.Kind == InstrumentKind.Histogram ? ["le"] : []).Order(StringComparer.Ordinal))}".TrimEnd(), line);
        }
        Assert.Equal(InstrumentNames.All.Count, now.Length);

        // The figures are those of the ledgers.
        double Sum(InstrumentName name) => samples.Where(s => s.Name == name.Name).Sum(s => s.Value);
        double Of(string name, string value) => Assert.Single(samples, s => s.Name == name && s.Labels.Values.Contains(value)).Value;
        Assert.Equal(campaign.Schedules + soak.Schedules, Sum(InstrumentNames.Schedules));
        Assert.Equal(campaign.Steps + soak.Steps, Sum(InstrumentNames.Steps));
        Assert.Equal(campaign.Violated + soak.Violated, Sum(InstrumentNames.Violations));
        Assert.Equal(campaign.Ledger.Executed + soak.Ledger.Executed, Of("stressfarm_ledger_shards", "executed"));
        Assert.Equal(soak.Ledger.Executed, Sum(InstrumentNames.Epochs));
        Assert.Equal((2, 0, 0), (Of("stressfarm_campaigns_ended_total", "done"), Sum(InstrumentNames.Campaigns), Sum(InstrumentNames.Leases)));
        Assert.Equal((1, 0, 2), (Sum(InstrumentNames.SilosActive), Sum(InstrumentNames.Draining), Of("stressfarm_sections", "done")));
        Assert.True(Sum(InstrumentNames.Findings) > 0 && Sum(InstrumentNames.CanariesPlanted) > 0);
        Assert.Equal(Sum(InstrumentNames.CanariesPlanted), Sum(InstrumentNames.CanariesCaught));
        foreach (string grain in CallInstruments.Grains) Assert.True(Of("stressfarm_grain_call_duration_seconds_count", grain) > 0, grain);
        foreach (string operation in StoreInstruments.Operations) Assert.True(Of("stressfarm_store_duration_seconds_count", operation) > 0, operation);
        Assert.All(samples.Where(s => s.Type != "histogram").GroupBy(s => s.Name), g => Assert.True(g.Count() <= LabelledCounter.MostSeries, g.Key));
        Assert.All(samples.Where(s => s.Type == "histogram").GroupBy(s => s.Family), g => Assert.True(g.Count() <= LabelledCounter.MostSeries, g.Key));
    }

    [Fact]
    public async Task The_series_of_a_campaign_are_there_when_it_begins()
    {
        string id = await Submit(Campaign);
        IReadOnlyList<Sample> first = [];
        // They appear one after the other; these are the last.
        await Eventually(async () => (first = await Scrape()).Any(s => s.Name == InstrumentNames.WorkloadViolations.Name));
        await Done(id);
        // A histogram has a series once something was recorded.
        string[] Names(IReadOnlyList<Sample> samples) => [.. samples.Where(s => s.Type != "histogram").Select(s => s.Series).Order(StringComparer.Ordinal)];
        Assert.Equal(Names(first), Names(await Scrape()));
        Assert.True(Names(first).Length > 150);
    }

    [Fact]
    public async Task They_are_told_to_whoever_may_read()
    {
        using var stranger = new HttpClient { BaseAddress = _http.BaseAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("metrics")).StatusCode);
        string token = TokenFile.Add(Path.Combine(_folder, "tokens"), "prometheus", "read");
        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        // The silo looks at its token file now and then.
        await Eventually(async () => (await stranger.GetAsync("metrics")).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_runtime_and_the_process_are_told_too()
    {
        string text = await _http.GetStringAsync("metrics");
        foreach (string name in (string[])["dotnet_process_cpu_time_seconds_total", "dotnet_process_memory_working_set_bytes", "dotnet_gc_collections_total", "dotnet_thread_pool_thread_count", "orleans_catalog_activations"])
            Assert.Contains($"\n{name}", text);
        if (OperatingSystem.IsLinux()) Assert.Matches(@"\nprocess_open_fds(\{\})? [1-9]", text);
    }

    /// <summary>A line of a scrape. Of a histogram, <see cref="Family"/> is the name without _bucket, _sum or _count.</summary>
    private sealed record Sample(string Family, string Type, string Name, string Series, IReadOnlyDictionary<string, string> Labels, double Value);

    /// <summary>What of a scrape is the farm's.</summary>
    private async Task<IReadOnlyList<Sample>> Scrape()
    {
        // The exporter answers twice within a moment with the same collection.
        await Task.Delay(350);
        var samples = new List<Sample>();
        string family = "", type = "";
        foreach (string line in (await _http.GetStringAsync("metrics")).Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) (family, type) = (line.Split(' ')[2], line.Split(' ')[3]);
            if (!line.StartsWith("stressfarm_", StringComparison.Ordinal)) continue;
            int value = line.LastIndexOf("} ", StringComparison.Ordinal) is var end and >= 0 ? end + 1 : line.IndexOf(' ', StringComparison.Ordinal);
            string series = line[..value];
            string[] parts = series.Split('{', 2);
            Dictionary<string, string> labels = parts.Length == 1 ? [] : parts[1].TrimEnd('}').Split("\",", StringSplitOptions.RemoveEmptyEntries)
                .Select(l => l.Split("=\"", 2)).ToDictionary(l => l[0], l => l[1].TrimEnd('"'));
            samples.Add(new(family, type, parts[0], series, labels, double.Parse(line[value..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture)));
        }
        return samples;
    }

    private async Task<string> Submit(string request)
    {
        using HttpResponseMessage answer = await _http.PostAsync("api/v1/campaigns", new StringContent(request, Encoding.UTF8, "application/yaml"));
        return (await answer.Content.ReadFromJsonAsync(FarmJson.Default.SubmitReply))!.Id;
    }

    private async Task<CampaignStatus> Done(string id)
    {
        CampaignStatus? status = null;
        await Eventually(async () => (status = await _http.GetFromJsonAsync($"api/v1/campaigns/{id}", FarmJson.Default.CampaignStatus))!.State is not ("running" or "paused"));
        Assert.Equal(("done", ""), (status!.State, status.Reason));
        return status;
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        DateTime end = DateTime.UtcNow.AddMinutes(2);
        while (!await condition())
        {
            if (DateTime.UtcNow > end) throw new TimeoutException("it did not come true");
            await Task.Delay(100);
        }
    }
}
