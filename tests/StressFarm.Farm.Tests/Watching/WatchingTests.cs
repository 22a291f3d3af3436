using System.Globalization;
using System.Xml.Linq;
using StressFarm.Farm.Tests.Pictures;
using StressFarm.Silo.Tests;
using Xunit.Abstractions;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>
/// What the dashboards ask and what the rules record is there, and the alerts fire when they must and only then: on silos that
/// are processes, scraped by a Prometheus that is one.
/// </summary>
[Collection(PostgresCollection.Name)]
public class WatchingTests(PostgresServer postgres, ITestOutputHelper output)
{
    private const string KnownBug = "policies: [control]\nworkloads: [device-private-reinit, folio-split]\nbug: Z06\nschedules: 4096\nshard: 128\n";
    private const string Learning = "policies: [control, no-reinit]\nworkloads: [folio-split, gup-pin]\nstrategy: feedback\ngeneration: 2\nshard: 64\nschedules: 200000\n";
    private const string Soak = "policies: [control, undo-at-free]\nworkloads: [device-private-reinit, mixed]\nseed: 3\nsoak:\n  sections: 2\n  epochs: 20000\n  schedules: 64\n";
    private const string Short = "policies: all\nworkloads: all\nschedules: 64\nshard: 64\n";
    private const string Long = "policies: all\nworkloads: all\nseed: 1000000\nschedules: 60000\nshard: 64\n";
    private const string Drill = "policies: [control]\nworkloads: [device-private-reinit, gup-pin]\nschedules: 4096\nshard: 128\ncanaries: drill\n";

    private const string Watchdog = "StressFarmWatchdog", NewViolation = "StressFarmNewViolation", CanaryMissed = "StressFarmCanaryMissed", SiloAbsent = "StressFarmSiloAbsent", NoSilo = "StressFarmNoSilo";

    /// <summary>For what must come true, on a slow machine too.</summary>
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(3);

    /// <summary>For how long it runs before the pictures of docs/pictures are drawn again; 0, and they are only drawn.</summary>
    private static int PictureSeconds => int.TryParse(Environment.GetEnvironmentVariable("STRESSFARM_PICTURES_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : 0;

    [PrometheusFact]
    public async Task Every_query_has_data_and_the_alerts_fire_that_must()
    {
        using WatchedFarm watched = await WatchedFarm.Start(postgres, silos: 2);
        IReadOnlyList<Dashboard> dashboards = Dashboard.All(Repository.Dashboards);
        var questions = new Questions(watched, dashboards, await watched.Client.Rules());
        MayBeEmpty list = MayBeEmpty.Read(await File.ReadAllTextAsync(Path.Combine(Repository.Folder, "tests/StressFarm.Farm.Tests/Watching/may-be-empty.txt")));
        foreach (string request in (string[])[KnownBug, Short, Learning, Soak, Long]) await watched.Farm.Submit(request);

        HashSet<string> empty = [], fired = [];
        await Until(s_long, async () =>
        {
            empty = await questions.Unanswered();
            fired = await watched.Fired();
            return list.Disagreements(Names(questions), empty).Count == 0 && fired.IsSupersetOf([Watchdog, NewViolation]);
        });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"after {watched.Age:0} s: {questions.All.Count} queries, {empty.Count} without data; fired: {Listed(fired)}"));
        Assert.Contains(Questions.Nonsense.Name, empty);
        Assert.Empty(list.Disagreements(Names(questions), empty));
        // Nothing has happened to the farm or to its detector, so nothing else may have fired, in more time than any alert waits.
        await Until(TimeSpan.FromSeconds(45), () => Task.FromResult(watched.Age >= 45));
        Assert.Equal(Listed([NewViolation, Watchdog]), await Fired(watched));
        // The design with the bug in it is among those that are told.
        Assert.NotEmpty(await watched.Client.Range($"ALERTS{{alertstate=\"firing\",alertname=\"{NewViolation}\",policy=\"custom\"}}", watched.Began, WatchedFarm.Now, 1));
        await EachViolationLeadsToAFinding(watched);
        await Draw(watched, dashboards);

        await watched.Farm.Submit(Drill);
        await Until(s_long, async () => (fired = await watched.Fired()).Contains(CanaryMissed));
        Assert.Contains(CanaryMissed, fired);
        Assert.Equal(Listed([CanaryMissed, NewViolation, Watchdog]), await Fired(watched));

        SiloProcess killed = watched.Farm.Silos[1];
        killed.Kill();
        bool absent = false;
        await Until(s_long, async () => absent = (await watched.Client.Alerts()).Any(a => a is { Name: SiloAbsent, State: "firing" } && a.Labels["instance"] == killed.Name));
        fired = await watched.Fired();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"after {watched.Age:0} s, a drill and a killed silo: {Listed(fired)}"));
        Assert.True(absent, $"{SiloAbsent} does not fire for {killed.Name}");
        Assert.Equal(Listed([CanaryMissed, NewViolation, Watchdog]), await Fired(watched));
        Assert.Empty((await watched.Client.Rules()).Where(r => r.Health != "ok").Select(r => $"{r.Name}: {r.Error}"));
    }

    /// <summary>What a panel's link asks for: the labels of a violation, as Prometheus has them.</summary>
    private static async Task EachViolationLeadsToAFinding(WatchedFarm watched)
    {
        IReadOnlyList<Series> violated = await watched.Client.Instant("sum by (policy, invariant) (stressfarm_violations_total) > 0");
        Assert.True(violated.Select(v => v.Labels["policy"]).Distinct().Count() > 3);
        foreach (Series violation in violated)
            await IsListed(watched, $"policy={violation.Labels["policy"]}&invariant={violation.Labels["invariant"]}");
        foreach (Series violation in await watched.Client.Instant("sum by (workload, invariant) (stressfarm_workload_violations_total) > 0"))
            await IsListed(watched, $"workload={violation.Labels["workload"]}&invariant={violation.Labels["invariant"]}", violation.Labels["workload"]);
        foreach (Series violation in await watched.Client.Instant("sum by (policy, workload) (stressfarm_violated_schedules_total) > 0"))
            await IsListed(watched, $"policy={violation.Labels["policy"]}&workload={violation.Labels["workload"]}", violation.Labels["workload"]);
    }

    /// <summary>A silo counts what it is given; a campaign lists it once nothing before it is missing.</summary>
    private static async Task IsListed(WatchedFarm watched, string query, string? workload = null)
    {
        bool listed = false;
        await Until(s_long, async () => listed = (await watched.Farm.Findings(query)).Any(f => workload is null || f.Finding.Workloads!.Contains(workload)));
        Assert.True(listed, query);
    }

    /// <summary>Each dashboard as a picture: well-formed, with every panel in it; written to docs/pictures when that is asked for.</summary>
    private async Task Draw(WatchedFarm watched, IReadOnlyList<Dashboard> dashboards)
    {
        await Until(TimeSpan.FromSeconds(PictureSeconds), () => Task.FromResult(watched.Age >= PictureSeconds));
        string note = string.Create(CultureInfo.InvariantCulture, $"two silos for {watched.Age / 60:0.#} min: every design on every workload, a campaign that learns, a soak, a known bug planted; minutes since its start");
        double from = watched.Began, to = WatchedFarm.Now;
        int step = Math.Max(1, (int)((to - from) / 80));
        foreach (Dashboard dashboard in dashboards)
        {
            var data = new List<PanelData>();
            foreach (Panel panel in dashboard.Panels) data.Add(await PanelData.Ask(watched.Client, panel, watched.Text(dashboard, step), from, to, step));
            string picture = DashboardPicture.Draw(dashboard, data, note);
            Assert.Equal(picture, DashboardPicture.Draw(dashboard, data, note));
            string[] texts = [.. XDocument.Parse(picture).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
            Assert.Contains(DashboardPicture.Caption, texts);
            foreach (Panel panel in dashboard.Panels) Assert.Contains(texts, t => t == panel.Title || t.EndsWith('…') && panel.Title.StartsWith(t[..^1], StringComparison.Ordinal));
            if (PictureSeconds == 0) continue;
            string folder = Directory.CreateDirectory(Path.Combine(Repository.Folder, "docs", "pictures")).FullName;
            await File.WriteAllTextAsync(Path.Combine(folder, $"{dashboard.Name}.svg"), picture);
            // For the README: a page's width of it.
            if (dashboard.Name == "policies") await File.WriteAllTextAsync(Path.Combine(folder, "policies-top.svg"), DashboardPicture.Draw(dashboard, [.. data.Where(d => d.Panel.Y < 17)], note));
        }
    }

    [Fact]
    public void The_list_of_what_is_empty_is_checked_itself()
    {
        MayBeEmpty list = MayBeEmpty.Read("# a comment\nb | is | it has a reason\nc | may | it has a reason\nd | is | it has a reason\n");
        Assert.Equal(["has no data: a", "has data, and is listed as empty: b", "is listed and is no query: d"],
            list.Disagreements(["a", "b", "c", "e"], new HashSet<string> { "a" }));
        Assert.Empty(list.Disagreements(["b", "c", "d"], new HashSet<string> { "b", "d", "c" }));
        Assert.Throws<FormatException>(() => MayBeEmpty.Read("a | is |"));
    }

    [Fact]
    public void Variables_are_replaced_and_an_unknown_one_is_refused()
    {
        var text = new QueryText(new Dictionary<string, string> { ["instance"] = ".*", ["policy"] = "control" }, "farm", range: 120, step: 5);
        Assert.Equal("rate(a{job=~\"farm\",instance=~\".*\",b=~\"control$\"}[20s]) + 120", text.Of("rate(a{job=~\"$job\",instance=~\"${instance:regex}\",b=~\"$policy$\"}[$__rate_interval]) + $__range_s"));
        Assert.Throws<FormatException>(() => text.Of("a{b=\"$nothing\"}"));
    }

    /// <summary>Of these a machine that is late by seconds makes what a farm late by minutes would: a minute is a second here.</summary>
    private static readonly string[] s_dependOnTheMachine = ["StressFarmThroughputRegression", "StressFarmLeaseStuck", "StressFarmCheckpointStale", "StressFarmCanarySilent"];

    private static string Listed(IEnumerable<string> names) => string.Join(' ', names.Except(s_dependOnTheMachine).Order(StringComparer.Ordinal));
    /// <summary>What has fired so far, without the alerts on absent silos when a scrape did fail: then they are right.</summary>
    private static async Task<string> Fired(WatchedFarm watched)
    {
        HashSet<string> fired = await watched.Fired();
        if ((await watched.Client.Range("up == 0", watched.Began, WatchedFarm.Now, 1)).Count > 0) fired.ExceptWith([SiloAbsent, NoSilo]);
        return Listed(fired);
    }

    private static string[] Names(Questions questions) => [.. questions.All.Select(q => q.Name)];

    private static async Task Until(TimeSpan limit, Func<Task<bool>> condition)
    {
        DateTime end = DateTime.UtcNow + limit;
        while (!await condition() && DateTime.UtcNow < end) await Task.Delay(500);
    }
}
