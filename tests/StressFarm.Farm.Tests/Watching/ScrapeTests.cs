using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using StressFarm.Silo.Tests;
using Xunit.Abstractions;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>
/// A silo's <c>/metrics</c> at full load: it always answers in full, and no series comes or goes while a campaign lives; only those of a
/// histogram come with its first value, for there is no value that it could be shown with before.
/// </summary>
[Collection(PostgresCollection.Name)]
public class ScrapeTests(PostgresServer postgres, ITestOutputHelper output)
{
    private const int Scrapes = 2000;
    private const string Request = "policies: [control, rfc-v1, no-reinit]\nworkloads: [device-private-reinit, driver-mmap, gup-pin]\nschedules: 100000000\n";

    [Fact]
    public async Task Two_thousand_scrapes_at_full_load_are_all_answered_with_the_same_series()
    {
        using TestFarm farm = await TestFarm.Start(postgres, silos: 1, leaseSeconds: 30, workers: Math.Max(1, Environment.ProcessorCount));
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        // As Prometheus asks; this format has an end that can be seen.
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0");
        string id = await farm.Submit(Request);
        await farm.Eventually("a shard has been accepted", async () => await farm.Status(id) is { Schedules: > 0 });
        string address = TestFarm.Address(farm.Silos[0], "metrics");
        var first = new HashSet<string>();
        long before = Series(await http.GetStringAsync(address), first), steps = before;
        int most = first.Count;
        string[] histograms = [.. (await http.GetStringAsync(address)).Split('\n').Select(l => l.Split(' ')).Where(w => w is ["#", "TYPE", _, "histogram"]).Select(w => w[2] + "_")];
        var changes = new ConcurrentBag<string>();
        // Two ask at a time, as a pair of Prometheus would; together below the rate that the API allows a caller.
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            for (int i = 0; i < Scrapes / 2; i++)
            {
                using HttpResponseMessage answer = await http.GetAsync(address);
                string text = await answer.Content.ReadAsStringAsync();
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.EndsWith("# EOF\n", text, StringComparison.Ordinal);
                var series = new HashSet<string>();
                steps = Math.Max(steps, Series(text, series));
                most = Math.Max(most, series.Count);
                foreach (string s in series.Except(first).Where(s => !histograms.Any(h => s.StartsWith(h, StringComparison.Ordinal)))) changes.Add($"came: {s}");
                foreach (string s in first.Except(series)) changes.Add($"went: {s}");
                await Task.Delay(24);
            }
        }));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Scrapes} scrapes, {first.Count} series of the farm's own, {most} with the histograms that came, {steps - before:#,0} steps meanwhile"));
        Assert.Empty(changes.Distinct());
        Assert.True(first.Count > 0 && steps > before, "no work was counted while it was scraped");
        Assert.Equal("running", (await farm.Seen(id)).State);
    }

    [Fact]
    public void A_series_is_its_name_and_its_labels()
    {
        var series = new HashSet<string>();
        Assert.Equal(12, Series("# TYPE a counter\nstressfarm_steps_total{policy=\"a b\"} 5 1.5\nstressfarm_steps_total{policy=\"c\"} 7 # {trace=\"x\"} 1\nstressfarm_b 1e3\ndotnet_x 4\n# EOF\n", series));
        Assert.Equal(["stressfarm_b", "stressfarm_steps_total{policy=\"a b\"}", "stressfarm_steps_total{policy=\"c\"}"], series.Order(StringComparer.Ordinal));
    }

    /// <summary>Reads the farm's own series, for the runtime's and Orleans' show what they have met; returns the steps counted.</summary>
    private static long Series(string text, HashSet<string> series)
    {
        long steps = 0;
        foreach (string line in text.Split('\n'))
        {
            if (!line.StartsWith("stressfarm_", StringComparison.Ordinal)) continue;
            int brace = line.IndexOf('{', StringComparison.Ordinal), space = line.IndexOf(' ', StringComparison.Ordinal);
            int end = brace >= 0 && brace < space ? line.IndexOf('}', StringComparison.Ordinal) + 1 : space;
            Assert.True(series.Add(line[..end]), $"twice in one answer: {line[..end]}");
            if (line.StartsWith("stressfarm_steps_total{", StringComparison.Ordinal) || line.StartsWith("stressfarm_steps_total ", StringComparison.Ordinal))
                steps += (long)double.Parse(line[end..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
        }
        return steps;
    }
}
