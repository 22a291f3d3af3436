using System.Text.Json;

namespace StressFarm.Campaigns.Tests.Metrics;

public sealed class CampaignInstrumentsTests : IDisposable
{
    private const string Request = "policies: [control, no-reinit]\nworkloads: [gup-pin]\nschedules: 64\nshard: 8\n";
    private static readonly LeaseTerms s_terms = new(TimeSpan.FromSeconds(30));
    private readonly Collection _collection = new();
    private readonly CampaignInstruments _instruments;
    private readonly Clock _clock = new();

    public CampaignInstrumentsTests()
    {
        _instruments = new(_collection.Meter, audited: true);
        _collection.Read();
    }

    public void Dispose() => _collection.Dispose();

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        public override DateTimeOffset GetUtcNow() => Now;
    }

    private async Task<FarmCampaign> Open(MemoryFarmStore store, string request = Request)
    {
        CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(request, "test"), FarmDefaults.Spec).Spec;
        var entry = new CampaignEntry(CampaignEntry.IdOf(spec), "", request, spec.Canonical, spec.Hash, null, CampaignState.Running, "", _clock.Now, null, 0);
        return await FarmCampaign.Open(store, (await store.Submit(entry, 9, default))!, s_terms, _clock, default);
    }

    private static Task<ExchangeAnswer> Ask(FarmCampaign campaign, int wanted, params IReadOnlyList<WorkReturn> results) => campaign.Exchange(new("a", wanted, results, [], []), default);

    private static WorkReturn Do(FarmCampaign campaign, Lease lease, FakeEngine? engine = null)
    {
        ICampaignWorker worker = (engine ?? new FakeEngine()).CreateWorker();
        Shard shard = lease.Work.Shard;
        PlannedCell cell = campaign.Plan.Cells[shard.Cell];
        byte[] record = lease.Work.Kind == WorkKind.WorkUp ? JsonSerializer.SerializeToUtf8Bytes(worker.WorkUp(cell.Cell, lease.Work.Raw!, null, default))
            : JsonSerializer.SerializeToUtf8Bytes(worker.Run(cell.Cell, shard.FirstSeed, shard.Count, null, default));
        return new(lease.Work.Key, lease.Epoch, record, null);
    }

    private static async Task Finish(FarmCampaign campaign)
    {
        IReadOnlyList<Lease> leases = (await Ask(campaign, 8)).Leases;
        while (campaign.Entry.Active) leases = (await Ask(campaign, 8, [.. leases.Select(l => Do(campaign, l))])).Leases;
    }

    [Fact]
    public async Task Gauges_add_up_the_campaigns_that_live_here_and_forget_those_that_do_not()
    {
        var store = new MemoryFarmStore();
        FarmCampaign one = await Open(store), two = await Open(store, Request + "seed: 9\n");
        CampaignWatch watch = _instruments.Watch(CampaignState.Running, one.Snapshot()), other = _instruments.Watch(CampaignState.Running, two.Snapshot());
        await Ask(one, 3);
        await two.Become(CampaignState.Paused, default);
        watch.Publish(one.Snapshot());
        other.Publish(two.Snapshot());
        IReadOnlyDictionary<string, double> read = _collection.Read();
        Assert.Equal((1, 1), (read["stressfarm_campaigns{state=running}"], read["stressfarm_campaigns{state=paused}"]));
        Assert.Equal((3, 0, 0), (read["stressfarm_leases{kind=explore}"], read["stressfarm_leases{kind=verify}"], read["stressfarm_leases{kind=work-up}"]));
        Assert.Equal((32, 0), (read["stressfarm_ledger_shards{state=planned}"], read["stressfarm_ledger_shards{state=executed}"]));
        Assert.Equal(_clock.Now.ToUnixTimeSeconds(), read["stressfarm_lease_oldest_timestamp_seconds"]);
        watch.Dispose();
        read = _collection.Read();
        Assert.Equal((0, 16, 0), (read["stressfarm_campaigns{state=running}"], read["stressfarm_ledger_shards{state=planned}"], read["stressfarm_lease_oldest_timestamp_seconds"]));
    }

    /// <summary>Nobody would ever take them back: they would look stuck.</summary>
    [Fact]
    public async Task A_campaign_that_is_cancelled_has_no_leases_out()
    {
        FarmCampaign campaign = await Open(new MemoryFarmStore());
        CampaignWatch watch = _instruments.Watch(CampaignState.Running, campaign.Snapshot());
        await Ask(campaign, 3);
        watch.Publish(campaign.Snapshot());
        Assert.Equal(3, _collection.Read()["stressfarm_leases{kind=explore}"]);
        Assert.NotNull(campaign.Status().Leases.Oldest);
        await campaign.Become(CampaignState.Cancelled, default);
        watch.Publish(campaign.Snapshot());
        IReadOnlyDictionary<string, double> read = _collection.Read();
        Assert.Equal((0, 0), (read["stressfarm_leases{kind=explore}"], read["stressfarm_lease_oldest_timestamp_seconds"]));
        Assert.True(campaign.Status().Leases is { Held: 0, Oldest: null });
    }

    [Fact]
    public async Task The_age_of_work_outlives_its_lease_and_the_lease_given_again_is_counted()
    {
        FarmCampaign campaign = await Open(new MemoryFarmStore());
        CampaignWatch watch = _instruments.Watch(CampaignState.Running, campaign.Snapshot());
        DateTimeOffset first = _clock.Now;
        Lease stuck = (await Ask(campaign, 1)).Leases[0];
        for (int i = 0; i < 5; i++)
        {
            _clock.Now += TimeSpan.FromMinutes(1);
            Lease again = (await campaign.Exchange(new($"holder {i}", 1, [], [], []), default)).Leases[0];
            Assert.Equal(stuck.Work.Key, again.Work.Key);
            stuck = again;
            watch.Publish(campaign.Snapshot());
        }
        Assert.Equal(first.ToUnixTimeSeconds(), _collection.Read()["stressfarm_lease_oldest_timestamp_seconds"]);
        Assert.Equal(5, _collection.Read()["stressfarm_lease_reissues_total"]);
        // Done, and what is out then is younger.
        await campaign.Exchange(new("holder 4", 1, [Do(campaign, stuck)], [], []), default);
        watch.Publish(campaign.Snapshot());
        Assert.Equal(_clock.Now.ToUnixTimeSeconds(), _collection.Read()["stressfarm_lease_oldest_timestamp_seconds"]);
    }

    [Fact]
    public async Task An_end_is_counted_once_and_a_sound_ledger_is_no_discrepancy()
    {
        var store = new MemoryFarmStore();
        FarmCampaign campaign = await Open(store);
        CampaignWatch watch = _instruments.Watch(CampaignState.Running, campaign.Snapshot());
        await Finish(campaign);
        watch.Publish(campaign.Snapshot());
        watch.Publish(campaign.Snapshot());
        watch.Dispose();
        // Opened again to be read: nothing ends.
        FarmCampaign reader = await Open(store);
        using CampaignWatch again = _instruments.Watch(CampaignState.Done, reader.Snapshot());
        IReadOnlyDictionary<string, double> read = _collection.Read();
        Assert.Equal((1, 0, 0), (read["stressfarm_campaigns_ended_total{state=done}"], read["stressfarm_campaigns_ended_total{state=failed}"], read["stressfarm_campaigns_ended_total{state=cancelled}"]));
        Assert.Equal((16, 16, 0, 0), (read["stressfarm_ledger_shards{state=planned}"], read["stressfarm_ledger_shards{state=executed}"], read["stressfarm_ledger_shards{state=lost}"], read["stressfarm_ledger_shards{state=double}"]));
        Assert.Equal(0, read["stressfarm_ledger_discrepancies_total"]);
    }

    [Fact]
    public async Task A_line_that_the_store_loses_is_a_discrepancy_and_a_lost_shard()
    {
        FarmCampaign campaign = await Open(new MemoryFarmStore { Forgets = 3 });
        CampaignWatch watch = _instruments.Watch(CampaignState.Running, campaign.Snapshot());
        await Finish(campaign);
        watch.Publish(campaign.Snapshot());
        IReadOnlyDictionary<string, double> read = _collection.Read();
        Assert.Equal((1, 1, 1), (read["stressfarm_ledger_discrepancies_total"], read["stressfarm_ledger_shards{state=lost}"], read["stressfarm_campaigns_ended_total{state=failed}"]));
    }

    /// <summary>A campaign that is done is opened only to be read, and has no watch.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 3)]
    public async Task What_the_ledger_of_a_campaign_that_was_over_shows_is_counted_without_a_watch(int lost, int read)
    {
        var store = new MemoryFarmStore();
        await Finish(await Open(store));
        FarmCampaign reader = await Open(store);
        if (lost > 0) Assert.True(store.Lose(reader.Entry.Id, 3));
        for (int opened = 0; opened < 3; opened++) _instruments.LookedAt((await Open(store)).Snapshot().Discrepancies);
        IReadOnlyDictionary<string, double> shown = _collection.Read();
        Assert.Equal((read, 0, 0), (shown["stressfarm_ledger_discrepancies_total"], shown["stressfarm_ledger_shards{state=lost}"], shown["stressfarm_campaigns_ended_total{state=failed}"]));
    }

    [Fact]
    public async Task A_second_record_that_differs_is_a_discrepancy()
    {
        var store = new MemoryFarmStore();
        FarmCampaign campaign = await Open(store);
        CampaignWatch watch = _instruments.Watch(CampaignState.Running, campaign.Snapshot());
        Lease lease = (await Ask(campaign, 1)).Leases[0];
        // The row is there already, of a machine that computes otherwise.
        ShardRecord wrong = new FakeEngine { Salt = 7 }.CreateWorker().Run(campaign.Plan.Cells[0].Cell, lease.Work.Shard.FirstSeed, lease.Work.Shard.Count, null, default);
        await store.Record(campaign.Entry.Id, campaign.Entry.Term, [new("other", lease.Work.Shard, 1, "b", wrong)], default);
        Assert.Equal([ResultFate.Mismatch], (await Ask(campaign, 0, Do(campaign, lease))).Fates);
        watch.Publish(campaign.Snapshot());
        Assert.Equal(1, _collection.Read()["stressfarm_ledger_discrepancies_total"]);
    }

    [Fact]
    public async Task The_first_violation_of_a_cell_is_told_once_and_not_again_by_the_ledger()
    {
        var store = new MemoryFarmStore();
        FarmCampaign campaign = await Open(store);
        var told = new List<(string, TimeSpan)>();
        campaign.OnFirstViolation = (workload, after) => told.Add((workload, after));
        _clock.Now += TimeSpan.FromMinutes(5);
        await Finish(campaign);
        int violated = campaign.Board.Tally.Cells.Count(c => c.Violated > 0);
        Assert.True(violated > 0);
        Assert.Equal(Enumerable.Repeat(("gup-pin", TimeSpan.FromMinutes(5)), violated), told);

        // Half way a new activation reads the ledger: what it shows is no first violation any more.
        store = new MemoryFarmStore();
        campaign = await Open(store);
        IReadOnlyList<Lease> leases = (await Ask(campaign, 12)).Leases;
        await Ask(campaign, 0, [.. leases.Select(l => Do(campaign, l))]);
        int before = campaign.Board.Tally.Cells.Count(c => c.Violated > 0);
        Assert.True(before > 0);
        FarmCampaign next = await Open(store);
        int after = 0;
        next.OnFirstViolation = (_, _) => after++;
        await Finish(next);
        Assert.Equal(violated - before, after);
    }
}
