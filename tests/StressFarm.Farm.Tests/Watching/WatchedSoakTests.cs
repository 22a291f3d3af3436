using System.Globalization;
using System.Xml.Linq;
using StressFarm.Farm.Tests.Pictures;
using StressFarm.Silo.Tests;
using Xunit.Abstractions;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>A soak under a real Prometheus: what it says of the silo's memory, and its dashboard. Seconds in a test; as many minutes as are asked for by hand.</summary>
[Collection(PostgresCollection.Name)]
public class WatchedSoakTests(PostgresServer postgres, ITestOutputHelper output)
{
    private const string Request = "policies: [control, undo-at-free]\nworkloads: [device-private-reinit, mixed]\nseed: 3\nsoak:\n  sections: 2\n  epochs: 1000000\n  schedules: 256\n";

    /// <summary>For how long it runs; 0, and it runs for seconds and draws nothing.</summary>
    private static int Minutes => int.TryParse(Environment.GetEnvironmentVariable("STRESSFARM_SOAK_MINUTES"), NumberStyles.None, CultureInfo.InvariantCulture, out int minutes) ? minutes : 0;

    [PrometheusFact]
    public async Task A_soak_is_clean_its_canaries_are_caught_and_its_memory_is_measured()
    {
        using WatchedFarm watched = await WatchedFarm.Start(postgres, silos: 1);
        string id = await watched.Farm.Submit(Request);
        double seconds = Math.Max(20, 60 * Minutes);
        await watched.Farm.Eventually("the soak has run its time", () => Task.FromResult(watched.Age >= seconds), TimeSpan.FromSeconds(seconds + 60));

        double now = WatchedFarm.Now;
        double epochs = await Sum(watched, "stressfarm_epochs_total", now), violations = await Sum(watched, "stressfarm_violations_total", now);
        double planted = 0, caught = -1;
        // A canary that is counted while a scrape goes from the one to the other is among the caught only; the next scrape has both.
        for (int i = 0; i < 5 && planted != caught; i++)
        {
            double at = WatchedFarm.Now;
            (planted, caught) = (await Sum(watched, "stressfarm_canaries_planted_total", at), await Sum(watched, "stressfarm_canaries_caught_total", at));
            if (planted != caught) await Task.Delay(1000);
        }
        // The first sixth is the start: code is compiled, the heap finds its size. What is left of that shows in the last third.
        foreach (double since in (double[])[1.0 / 6, 2.0 / 3])
        {
            double begin = watched.Began + (now - watched.Began) * since;
            int step = Math.Max(1, (int)((now - begin) / 600));
            foreach (string memory in (string[])["dotnet_process_memory_working_set_bytes", "dotnet_gc_last_collection_memory_committed_size_bytes"])
            {
                MemorySlope slope = MemorySlope.Of(Assert.Single(await watched.Client.Range(memory, begin, now, step)).Points);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{memory} over the last {(now - begin) / 60:0.0} min: mean {slope.Mean / 1048576:0.0} MiB, {slope.PerHour / 1048576:0.00} ± {slope.Error / 1048576:0.00} MiB an hour (95 %)"));
                Assert.True(slope.Mean > 0);
            }
        }
        double steps = await Sum(watched, "stressfarm_steps_total", now);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{epochs:#,0} epochs, {steps:#,0} steps, {violations:0} violations, {caught:0} of {planted:0} canaries caught in {(now - watched.Began) / 60:0.0} min"));
        foreach (Series violated in await watched.Client.Instant("stressfarm_violations_total > 0 or stressfarm_workload_violations_total > 0"))
            output.WriteLine(string.Join(", ", violated.Labels.Where(l => l.Key is "policy" or "workload" or "invariant").Select(l => $"{l.Key} {l.Value}")));
        if (Minutes > 0) await Draw(watched, now);
        Assert.True(epochs > 8, $"{epochs} epochs");
        Assert.Equal((0, planted), (violations, caught));
        Assert.True(planted > 0);
        Assert.Equal("running", (await watched.Farm.Seen(id)).State);
    }

    /// <summary>A slope is that of a line, and its error grows with what is not one.</summary>
    [Fact]
    public void The_slope_of_a_line_is_found_in_noise_and_a_leak_is_told()
    {
        MemorySlope flat = MemorySlope.Of([.. Enumerable.Range(0, 600).Select(i => ((double)i * 3, 1e8 + (i % 7 - 3) * 1e6))]);
        MemorySlope leak = MemorySlope.Of([.. Enumerable.Range(0, 600).Select(i => ((double)i * 3, 1e8 + (i % 7 - 3) * 1e6 + i * 3 * 1e4))]);
        Assert.True(flat.IsFlat, flat.ToString());
        Assert.False(leak.IsFlat, leak.ToString());
        Assert.Equal(36e6, leak.PerHour, 1e6);
        Assert.Equal(1e8, flat.Mean, 1e5);
    }

    /// <summary>As the last scrape had it that was over well before <paramref name="now"/>: of two figures both are of the same scrape.</summary>
    private static async Task<double> Sum(WatchedFarm watched, string name, double now) =>
        Assert.Single(await watched.Client.Instant($"sum(last_over_time({name}[60s]))", now - 3)).Points[^1].Value;

    private static async Task Draw(WatchedFarm watched, double now)
    {
        Dashboard soak = Dashboard.All(Repository.Dashboards).Single(d => d.Name == "soak");
        int step = Math.Max(1, (int)((now - watched.Began) / 120));
        var data = new List<PanelData>();
        foreach (Panel panel in soak.Panels) data.Add(await PanelData.Ask(watched.Client, panel, watched.Text(soak, step), watched.Began, now, step));
        string picture = DashboardPicture.Draw(soak, data, string.Create(CultureInfo.InvariantCulture, $"one silo, a soak of eight sections for {(now - watched.Began) / 60:0} min; minutes since its start"));
        XDocument.Parse(picture);
        await File.WriteAllTextAsync(Path.Combine(Repository.Folder, "docs", "pictures", "soak-long.svg"), picture);
    }
}
