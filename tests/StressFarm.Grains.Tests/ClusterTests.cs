using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Runs;
using StressFarm.Grains.Workers;
using StressFarm.Silo;
using StressFarm.Silo.Stores;

namespace StressFarm.Grains.Tests;

/// <summary>Two silos in one process, with workers, on one store.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-cluster-").FullName;
    private readonly SqliteFarmStore _store;
    private readonly InProcessTestCluster _cluster;

    public ClusterTests()
    {
        _store = SqliteFarmStore.Open(Path.Combine(_folder, "farm.sqlite"));
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseInMemoryReminderService();
            silo.Services.AddSingleton<IFarmStore>(_store);
            silo.Services.AddSingleton(TimeProvider.System);
            silo.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(new FarmOptions { Workers = 1, VerifyEvery = 4, LeaseDuration = TimeSpan.FromSeconds(30) }));
            silo.AddFarmMetrics();
            silo.Services.AddHostedService<WorkerService>();
        });
        _cluster = builder.Build();
    }

    public Task InitializeAsync() => _cluster.DeployAsync();

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_campaign_runs_on_both_silos_and_reports_what_one_process_does()
    {
        CampaignStatus status = await Run("policies: [control, no-reinit]\nworkloads: [device-private-reinit]\nschedules: 24000\nshard: 128\n");
        Assert.Equal(("done", ""), (status.State, status.Reason));
        // Only another silo than the first one verifies: both were at work.
        Assert.True(status.Leases.Verified > 0);
        Assert.Equal((0, 0, 0), (status.Leases.VerifyMismatches, status.Ledger.Lost, status.Ledger.Double));
        var findings = JsonSerializer.Deserialize((await _cluster.Client.GetGrain<IFindingsGrain>(status.Id).List(default))!.Json, FarmJson.Default.IReadOnlyListFindingSummary)!;
        Assert.NotEmpty(findings);
        Assert.All(findings, f => Assert.StartsWith("F-", f.Id, StringComparison.Ordinal));
        Assert.NotNull(await _cluster.Client.GetGrain<IFindingsGrain>(status.Id).Get(findings[0].Id, default));
        Assert.Equal(2, (await _cluster.Client.GetGrain<IFarmGrain>(IFarmGrain.Key).Silos(default)).Count);
    }

    [Fact]
    public async Task Every_interleaving_on_both_silos_gives_the_report_of_one_process_byte_for_byte()
    {
        string programme = string.Concat(File.ReadLines(Path.Combine(RepositoryRoot.Folder, "programmes/gup-split.yaml")).Select(l => $"  {l}\n"));
        foreach (string request in (string[])["policies: [control, no-reinit]\nworkloads: [gup-pin, device-private-reinit]\nexhaust: {count: 12}\nshard: 2\n",
            $"policies: [control, \"spl=nofreeze\"]\nprogramme: |\n{programme}exhaust: {{parts: 4, depth: 5}}\n"])
        {
            CampaignStatus status = await Run(request);
            Assert.Equal(("done", ""), (status.State, status.Reason));
            Assert.Empty(status.Defects);
            Assert.Equal((status.Schedules, status.Steps), (status.Search!.Programmes, status.Search.Transitions));
            CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(request, "test"), FarmDefaults.Spec).Spec;
            using SqliteLedger ledger = SqliteLedger.Open(Directory.CreateDirectory(Path.Combine(_folder, status.Id)).FullName, new CampaignPlan(spec));
            CampaignReport local = new CampaignRunner(new(spec), ledger, new LocalEngine(spec.Geometry), TimeProvider.System).Run(2, null, default).Report!;
            Assert.True(local.AnyViolated);
            Assert.Equal(ReportWriter.CanonicalText(local), System.Text.Encoding.UTF8.GetString((await _store.Report(status.Id, default))!.Value.Json));
        }
    }

    [Fact]
    public async Task What_the_silos_counted_adds_up_to_the_ledger()
    {
        var scopes = _cluster.Silos.Select(s => s.ServiceProvider.GetRequiredService<IMeterFactory>()).ToHashSet<object>(ReferenceEqualityComparer.Instance);
        var sums = new Dictionary<(object Silo, string Name), double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (i, l) =>
            {
                if (i.Meter.Name == InstrumentNames.MeterName && i.Meter.Scope is { } scope && scopes.Contains(scope)) l.EnableMeasurementEvents(i);
            },
        };
        void Note(Instrument i, double value)
        {
            // Histograms come from the calls themselves.
            lock (sums) sums[(i.Meter.Scope!, i.Name)] = sums.GetValueOrDefault((i.Meter.Scope!, i.Name)) + (i is Histogram<double> ? 1 : value);
        }
        listener.SetMeasurementEventCallback<long>((i, value, _, _) => Note(i, value));
        listener.SetMeasurementEventCallback<double>((i, value, _, _) => Note(i, value));
        listener.Start();
        CampaignStatus status = await Run("policies: [control, no-reinit]\nworkloads: [device-private-reinit]\nschedules: 24000\nshard: 128\n");
        // The last answers reach the workers a moment after the campaign is done.
        double Sum(InstrumentName name) => sums.Where(s => s.Key.Name == name.Name).Sum(s => s.Value);
        await Eventually(() =>
        {
            // In the first collection pairs that appeared lately are 0; the second one has the figures.
            listener.RecordObservableInstruments();
            lock (sums)
                foreach (var key in sums.Keys.Where(k => !k.Name.Contains("_duration_", StringComparison.Ordinal)).ToArray()) sums.Remove(key);
            listener.RecordObservableInstruments();
            return Task.FromResult(Sum(InstrumentNames.Schedules) >= status.Schedules && Sum(InstrumentNames.Findings) >= status.Findings);
        });
        Assert.Equal((status.Schedules, status.Steps, status.Violated), (Sum(InstrumentNames.Schedules), Sum(InstrumentNames.Steps), Sum(InstrumentNames.Violations)));
        Assert.Equal(status.Ledger.Executed, Sum(InstrumentNames.LedgerShards) - status.Ledger.Planned);
        Assert.Equal(status.Findings, Sum(InstrumentNames.Findings));
        Assert.True(Sum(InstrumentNames.Replays) > status.Leases.Verified && status.Leases.Verified > 0);
        Assert.Equal((1, 0, 0), (Sum(InstrumentNames.CampaignsEnded), Sum(InstrumentNames.ReplayMismatches), Sum(InstrumentNames.LedgerDiscrepancies)));
        // Both were at work, see each other, and make calls of their own.
        foreach (object silo in scopes)
        {
            Assert.True(sums[(silo, InstrumentNames.Schedules.Name)] > 0);
            Assert.Equal(2, sums[(silo, InstrumentNames.SilosActive.Name)]);
            Assert.True(sums[(silo, InstrumentNames.GrainCallDuration.Name)] > 0);
        }
    }

    /// <summary>The first one has work without end, and fills every thread with it.</summary>
    [Theory]
    [InlineData("shard: 1024\nworkloads: [gup-pin]\n", "shard: 64\nworkloads: [gup-pin]\nseed: 2\n")]
    [InlineData("shard: 64\nworkloads: [gup-pin]\n", "shard: 16384\nworkloads: [mixed]\n")]
    public async Task A_campaign_that_comes_second_is_worked_on_beside_the_first(string first, string second)
    {
        string endless = await Submit("policies: [control]\nschedules: 100000000\n" + first);
        await Eventually(async () => (await Status(endless)).Schedules > 20_000);
        string late = await Submit("policies: [control]\nschedules: 32768\n" + second);
        await Eventually(async () => (await Status(late)).State == "done");
        long before = (await Status(endless)).Schedules;
        await Eventually(async () => (await Status(endless)).Schedules > before);
        await _cluster.Client.GetGrain<ICampaignGrain>(endless).Steer(Steering.Cancel, default);
    }

    [Fact]
    public async Task Paused_it_gives_nothing_out_resumed_it_goes_on_cancelled_it_ends()
    {
        string id = await Submit("policies: [control]\nworkloads: [gup-pin]\nschedules: 100000000\n");
        ICampaignGrain campaign = _cluster.Client.GetGrain<ICampaignGrain>(id);
        await Eventually(async () => (await Status(id)).Schedules > 0);
        await campaign.Steer(Steering.Pause, default);
        await Eventually(async () => (await Status(id)) is { State: "paused", Leases.Held: 0 });
        long paused = (await Status(id)).Schedules;
        await Task.Delay(500);
        Assert.Equal(paused, (await Status(id)).Schedules);
        await campaign.Steer(Steering.Resume, default);
        await Eventually(async () => (await Status(id)).Schedules > paused);
        await Eventually(async () => (await Status(id)).Leases is { Held: > 0, Oldest.Policy: "control" });
        await campaign.Steer(Steering.Cancel, default);
        Assert.True(await Status(id) is { State: "cancelled", Leases: { Held: 0, Oldest: null } });
        Assert.Equal(CampaignState.Cancelled, (await _store.Find(id, default))!.State);
    }

    /// <summary>Of a campaign that is done, and of one that was cancelled before anything was worked up.</summary>
    [Fact]
    public async Task Every_violation_leads_to_a_finding_by_design_workload_and_invariant()
    {
        const string cells = "policies: [mainline, no-reinit]\nworkloads: [device-private-reinit, everything, mixed]\nshard: 128\n";
        CampaignStatus done = await Run(cells + "schedules: 1024\n");
        string cancelled = await Submit(cells + "seed: 9\nschedules: 100000000\n");
        ICampaignGrain campaign = _cluster.Client.GetGrain<ICampaignGrain>(cancelled);
        await Eventually(async () => await Status(cancelled) is { Schedules: > 6000, Violated: > 0 });
        await campaign.Steer(Steering.Pause, default);
        await Eventually(async () => await Status(cancelled) is { Leases.Held: 0 });
        await campaign.Steer(Steering.Cancel, default);
        var backend = new FarmBackend(_store, _cluster.Client, Microsoft.Extensions.Options.Options.Create(new FarmOptions()), TimeProvider.System, NullLogger<FarmBackend>.Instance);
        foreach (string id in (string[])[done.Id, cancelled])
        {
            CampaignTally tally = await TallyOf(id);
            var seen = tally.Plan.Cells.SelectMany(c => tally.Cells[c.Index].Findings.Select(f => (Policy: c.Policy.Name, Workload: c.Workload.Id, f.Invariant))).ToHashSet();
            Assert.True(seen.Select(s => s.Workload).Distinct().Count() > 1);
            foreach (string policy in tally.Plan.Cells.Select(c => c.Policy.Name).Distinct())
                foreach (string workload in tally.Plan.Cells.Select(c => c.Workload.Id).Distinct())
                    foreach (string invariant in seen.Select(s => s.Invariant).Distinct())
                    {
                        FarmFinding[] found = [.. (await backend.Findings(new FindingQuery(policy, workload, invariant), 20, default)).Where(f => f.Campaign == id)];
                        Assert.Equal(seen.Contains((policy, workload, invariant)), found.Length > 0);
                        Assert.All(found, f => Assert.Contains(workload, f.Finding.Workloads!));
                        Assert.All(found, f => Assert.Equal(id == done.Id, f.Finding.Id.Length > 0));
                    }
            // The same counts by whatever is asked, those of the whole campaign.
            Assert.Equal(tally.Cells.Sum(c => c.Findings.Sum(f => f.Count)), (await backend.Findings(FindingQuery.All, 20, default)).Where(f => f.Campaign == id).Sum(f => f.Finding.Count));
        }
    }

    private async Task<CampaignTally> TallyOf(string id)
    {
        var tally = new CampaignTally(new CampaignPlan(FarmCampaign.Rebuild((await _store.Find(id, default))!, out _)!));
        await foreach (StoredShard line in _store.Shards(id, default)) tally.Add(line.Number * tally.Plan.Cells.Count + line.Cell, line.Record);
        return tally;
    }

    [Fact]
    public async Task Of_a_campaign_that_is_not_there_nothing_is_known()
    {
        ICampaignGrain nothing = _cluster.Client.GetGrain<ICampaignGrain>("C-000000000000");
        Assert.Null(await nothing.Status(default));
        Assert.Null(await nothing.Describe(default));
        Assert.Null(await nothing.Steer(Steering.Cancel, default));
        Assert.Null(await _cluster.Client.GetGrain<IFindingsGrain>("C-000000000000").List(default));
    }

    private async Task<CampaignStatus> Run(string request)
    {
        string id = await Submit(request);
        await Eventually(async () => (await Status(id)).State is "done" or "failed");
        return await Status(id);
    }

    private async Task<string> Submit(string request)
    {
        CampaignOrder order = SpecBuilder.Build(SpecFile.Parse(request, "test"), FarmDefaults.Spec);
        string id = CampaignEntry.IdOf(order.Spec);
        await _store.Submit(new(id, id, request, order.Spec.Canonical, order.Spec.Hash, order.Budget, CampaignState.Running, "", DateTimeOffset.UtcNow, null, 0), 8, default);
        await _cluster.Client.GetGrain<ICampaignGrain>(id).Steer(Steering.Wake, default);
        return id;
    }

    private async Task<CampaignStatus> Status(string id) =>
        JsonSerializer.Deserialize((await _cluster.Client.GetGrain<ICampaignGrain>(id).Status(default))!.Json, FarmJson.Default.CampaignStatus)!;

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        DateTime end = DateTime.UtcNow.AddMinutes(2);
        while (!await condition())
        {
            if (DateTime.UtcNow > end) throw new TimeoutException("it did not come true");
            await Task.Delay(50);
        }
    }
}
