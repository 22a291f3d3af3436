using System.Diagnostics;
using System.Globalization;
using StressFarm.Silo.Tests;
using Xunit.Abstractions;

namespace StressFarm.Farm.Tests;

/// <summary>
/// What coordination costs. Prints figures and asserts that they were had, never how large they are: those are in
/// docs/scale.md. Short as a test; as long as <c>STRESSFARM_MEASURE_SECONDS</c> says when figures are wanted.
/// </summary>
[Collection(PostgresCollection.Name)]
public class Measurements(PostgresServer postgres, ITestOutputHelper output)
{
    private static int Seconds => int.TryParse(Environment.GetEnvironmentVariable("STRESSFARM_MEASURE_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : 3;
    private static bool Long => Seconds > 10;

    private static string Endless(int seed) => string.Create(CultureInfo.InvariantCulture,
        $"policies: [control, rfc-v1, no-reinit]\nworkloads: [device-private-reinit, driver-mmap, gup-pin]\nschedules: 100000000\nseed: {seed}\n");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Calls_for_a_second_of_work(int silos)
    {
        using TestFarm farm = await TestFarm.Start(postgres, silos, leaseSeconds: 30, verifyEvery: 64);
        using var http = new HttpClient();
        string id = await farm.Submit(Endless(silos));
        await farm.Eventually("every silo works", async () => await farm.Status(id) is { } s && s.Leases.Silos == silos && s.Schedules > 0);
        // A silo's first scrape has its counters at 0, whatever was counted; the second one begins the measurement. Between them, what the exporter remembers.
        await All(http, farm);
        await Task.Delay(400);
        Scrape[] before = await All(http, farm);
        TimeSpan[] cpuBefore = [.. farm.Silos.Select(s => s.CpuTime)];
        long began = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(Seconds));
        Scrape[] after = await All(http, farm);
        double wall = Stopwatch.GetElapsedTime(began).TotalSeconds, cpu = farm.Silos.Select((s, i) => (s.CpuTime - cpuBefore[i]).TotalSeconds).Sum();
        double Sum(string name, string label = "") => after.Sum(s => s[name, label]) - before.Sum(s => s[name, label]);
        const string Campaign = "grain=\"campaign\"";
        double calls = Sum("stressfarm_grain_call_duration_seconds_count", Campaign), time = Sum("stressfarm_grain_call_duration_seconds_sum", Campaign);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{silos} silos, {wall:0.0} s: {Sum("stressfarm_steps_total") / wall / 1e6:0.00} M steps/s, {cpu:0.0} CPU-s, {calls:0} calls of the campaign = {calls / cpu:0.00} a CPU-second, {1000 * time / calls:0.0} ms each; {Sum("stressfarm_results_total") / calls:0.0} results in each"));
        Assert.True(calls > 0 && cpu > 0 && Sum("stressfarm_steps_total") > 0);
        Assert.Equal(0, Sum("stressfarm_grain_call_failures_total"));
    }

    [Fact]
    public async Task Control_calls_at_full_load()
    {
        using TestFarm farm = await TestFarm.Start(postgres, silos: 1, leaseSeconds: 30, workers: Math.Max(1, Environment.ProcessorCount - 1));
        using var http = new HttpClient();
        string id = await farm.Submit(Endless(5));
        await farm.Eventually("it works", async () => await farm.Status(id) is { Schedules: > 0 });
        string address = TestFarm.Address(farm.Silos[0], $"api/v1/campaigns/{id}");
        var times = new List<double>();
        for (int i = 0; i < (Long ? 2000 : 200); i++)
        {
            long began = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await http.GetAsync(address);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
            // Below the rate that the API allows a caller.
            await Task.Delay(12);
        }
        times.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"status calls at full load: {times.Count}, p50 {times[times.Count / 2]:0.0} ms, p99 {times[times.Count * 99 / 100]:0.0} ms, longest {times[^1]:0.0} ms"));
    }

    [Fact]
    public async Task Sections_that_are_parked_cost_their_record()
    {
        int sections = Long ? 10_000 : 200;
        using TestFarm farm = await TestFarm.Start(postgres, silos: 1, leaseSeconds: 60, verifyEvery: 0);
        using var http = new HttpClient();
        long idle = farm.Silos[0].WorkingSet;
        string id = await farm.Submit(string.Create(CultureInfo.InvariantCulture, $"policies: [control]\nworkloads: [gup-pin]\npages: 256\nsoak:\n  sections: {sections}\n  epochs: 2\n  schedules: 2\n"));
        CampaignStatus done = await farm.Done(id, TimeSpan.FromMinutes(15));
        Assert.Equal(("done", ""), (done.State, done.Reason));
        Assert.Equal(2 * sections, done.Ledger.Executed);
        Scrape scrape = await Scrape.Of(http, farm.Silos[0]);
        double activations = scrape["orleans_catalog_activations"];
        Assert.True(activations >= sections, $"{activations} activations");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{activations:0} activations for {sections} sections: {farm.Silos[0].WorkingSet / 1e6:0} MB resident, {idle / 1e6:0} MB when idle"));
    }

    private static async Task<Scrape[]> All(HttpClient http, TestFarm farm) => await Task.WhenAll(farm.Silos.Select(s => Scrape.Of(http, s)));
}
