using System.Globalization;
using System.Text;
using System.Text.Json;

namespace StressFarm.Campaigns.Tests;

public class FarmCampaignTests
{
    private const string Request = "policies: [control, rfc-v1, no-reinit]\nworkloads: [driver-mmap, gup-pin]\nschedules: 150\nshard: 8\nseed: 5\n";
    private static readonly LeaseTerms s_terms = new(TimeSpan.FromSeconds(30), VerifyEvery: 4);

    private static CampaignSpec Spec(string request = Request) => SpecBuilder.Build(SpecFile.Parse(request, "test"), FarmDefaults.Spec).Spec;

    private static string Embedded(CampaignSpec spec) => Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine()));

    private static Func<bool> FailingOneIn(int n, ulong seed)
    {
        var random = new Pcg(seed, stream: 3);
        return () => random.OneIn(n);
    }

    [Theory]
    [InlineData(Request)]
    [InlineData("policies: [control, no-reinit]\nworkloads: [driver-mmap, gup-pin]\nsteps: 60000\nshard: 8\n")]
    [InlineData("policies: [control, no-reinit]\nworkloads: [driver-mmap, gup-pin]\nstrategy: feedback\ngeneration: 2\nschedules: 150\nshard: 8\n")]
    public async Task Whatever_happens_to_silos_activations_and_store_the_report_is_the_embedded_one(string request)
    {
        CampaignSpec spec = Spec(request);
        string embedded = Embedded(spec);
        int kills = 0, stale = 0, refused = 0;
        for (ulong seed = 0; seed < 30; seed++)
        {
            var store = new MemoryFarmStore { Fails = FailingOneIn(40, seed) };
            var farm = new FarmSimulation(spec, request, seed, store, s_terms);
            CampaignEntry end = await farm.Run();
            store.Fails = null;
            Assert.Equal((CampaignState.Done, ""), (end.State, end.Reason));
            Assert.Equal(embedded, Encoding.UTF8.GetString((await store.Report(farm.Id, default))!.Value.Json));
            LedgerAudit audit = await farm.Audit(Specs.Run(spec, new MemoryStore(), new FakeEngine()).Report!.Shards);
            Assert.True(audit.Balanced, audit.ToString());
            Assert.Empty((await store.Counts(farm.Id, default)).Defects);
            (kills, stale, refused) = (kills + farm.Kills, stale + farm.StaleActivations, refused + farm.Refused);
        }
        // The trouble was there: otherwise this says nothing.
        Assert.True(kills > 60 && stale > 10 && refused > 10, string.Create(CultureInfo.InvariantCulture, $"{kills} kills, {stale} stale activations, {refused} results refused"));
    }

    /// <summary>A work-up takes much longer than a shard: a silo that has room for many shards must not keep all of them.</summary>
    [Theory]
    [InlineData(2, 2)]
    [InlineData(0, 0)]
    [InlineData(null, 6)]
    public async Task Of_the_work_ups_a_holder_gets_no_more_than_it_has_room_for(int? workUps, int given)
    {
        CampaignSpec spec = Spec();
        var store = new MemoryFarmStore();
        string id = CampaignEntry.IdOf(spec);
        CampaignEntry entry = (await store.Submit(new(id, "", Request, spec.Canonical, spec.Hash, null, CampaignState.Running, "", default, null, 0), 1, default))!;
        FarmCampaign campaign = await FarmCampaign.Open(store, entry, s_terms with { VerifyEvery = 0 }, TimeProvider.System, default);
        ICampaignWorker worker = new FakeEngine().CreateWorker();
        IReadOnlyList<Lease> leases = [];
        do
        {
            WorkReturn[] done = [.. leases.Select(l => new WorkReturn(l.Work.Key, l.Epoch, JsonSerializer.SerializeToUtf8Bytes(
                worker.Run(campaign.Plan.Cells[l.Work.Shard.Cell].Cell, l.Work.Shard.FirstSeed, l.Work.Shard.Count, null, default)), null))];
            leases = (await campaign.Exchange(new("a", 6, done, [], [], workUps), default)).Leases;
        }
        while (leases.Any(l => l.Work.Kind == WorkKind.Explore));
        Assert.True(campaign.Candidates().Count >= 6);
        Assert.Equal(given, leases.Count);
        Assert.All(leases, l => Assert.Equal(WorkKind.WorkUp, l.Work.Kind));
    }

    [Fact]
    public async Task A_line_that_the_store_loses_fails_the_campaign_instead_of_its_report()
    {
        CampaignSpec spec = Spec();
        var farm = new FarmSimulation(spec, Request, 1, new MemoryFarmStore { Forgets = 17 }, s_terms) { TroubleOneIn = 0 };
        CampaignEntry end = await farm.Run();
        Assert.Equal(CampaignState.Failed, end.State);
        Assert.Contains("does not add up: planned 114, executed 113, lost 1, double 0", end.Reason, StringComparison.Ordinal);
    }

    /// <summary>Measured by its report: what is read of the ledger again lacks what the ledger lacks.</summary>
    [Theory]
    [InlineData("", null)]
    [InlineData("lost", "the ledger does not add up: planned 114, executed 113, lost 1, double 0")]
    [InlineData("last lost", "the ledger does not add up: planned 114, executed 113, lost 1, double 0")]
    [InlineData("spoilt", "the ledger does not add up: planned 114, executed 114, lost 0, double 0, digest ")]
    public async Task A_campaign_that_was_done_must_still_add_up_to_its_report_whenever_it_is_opened(string what, string? defect)
    {
        CampaignSpec spec = Spec();
        var store = new MemoryFarmStore();
        CampaignEntry end = await new FarmSimulation(spec, Request, 1, store, s_terms) { TroubleOneIn = 0 }.Run(silos: 1);
        if (what == "spoilt") store.Spoil(end.Id, 17);
        else if (what.Length > 0) Assert.True(store.Lose(end.Id, what == "lost" ? 17 : 113));
        for (int opened = 0; opened < 2; opened++)
        {
            FarmCampaign campaign = await FarmCampaign.Open(store, end, s_terms, TimeProvider.System, default);
            Assert.Equal(defect is null ? 0 : 1, campaign.Snapshot().Discrepancies);
            Assert.Equal(CampaignState.Done, campaign.Entry.State);
            if (defect is null) Assert.Empty(campaign.Status().Defects);
            else Assert.StartsWith(defect, Assert.Single(campaign.Status().Defects), StringComparison.Ordinal);
        }
        Assert.Empty((await store.Counts(end.Id, default)).Defects);
    }

    [Fact]
    public async Task A_silo_that_computes_otherwise_is_found_by_the_second_run_of_a_share_of_the_shards()
    {
        CampaignSpec spec = Spec();
        var store = new MemoryFarmStore();
        var farm = new FarmSimulation(spec, Request, 1, store, s_terms) { TroubleOneIn = 0, Engines = [new FakeEngine(), new FakeEngine { Salt = 7 }] };
        await farm.Run(silos: 2);
        FarmCounts counts = await store.Counts(farm.Id, default);
        Assert.True(counts.VerifyMismatches > 0);
        Assert.Contains(counts.Defects, d => d.Contains("gave two digests on two silos", StringComparison.Ordinal));

        // The control: two sound silos verify the same share without a difference.
        store = new MemoryFarmStore();
        farm = new FarmSimulation(spec, Request, 1, store, s_terms) { TroubleOneIn = 0 };
        await farm.Run(silos: 2);
        counts = await store.Counts(farm.Id, default);
        Assert.True(counts.Verified > 5);
        Assert.Equal(0, counts.VerifyMismatches);
        Assert.Equal(counts.Verified, (await store.Verifications(farm.Id, default)).Count);
    }

    [Fact]
    public async Task Without_a_second_silo_nobody_waits_for_one()
    {
        CampaignSpec spec = Spec();
        var store = new MemoryFarmStore();
        CampaignEntry end = await new FarmSimulation(spec, Request, 1, store, s_terms) { TroubleOneIn = 0 }.Run(silos: 1);
        Assert.Equal(CampaignState.Done, end.State);
        Assert.Equal(0, (await store.Counts(end.Id, default)).Verified);
    }

    [Fact]
    public async Task A_store_without_fences_lets_two_activations_write()
    {
        // The planted bug: with fences off no activation ever finds out that it is stale.
        CampaignSpec spec = Spec();
        int stale = 0;
        for (ulong seed = 0; seed < 20; seed++)
        {
            var farm = new FarmSimulation(spec, Request, seed, new MemoryFarmStore { Unfenced = true }, s_terms);
            await farm.Run();
            stale += farm.StaleActivations;
        }
        Assert.Equal(0, stale);
    }

    [Fact]
    public async Task A_campaign_of_another_model_is_refused_with_the_line_that_differs()
    {
        CampaignSpec spec = Spec();
        var store = new MemoryFarmStore();
        string canonical = spec.Canonical.Replace("model: " + ModelVersion.Current, "model: 0", StringComparison.Ordinal);
        var entry = new CampaignEntry("C-old", "", Request, canonical, "0123", null, CampaignState.Running, "", DateTimeOffset.UnixEpoch, null, 0);
        await store.Submit(entry, 1, default);
        CampaignFault fault = await Assert.ThrowsAsync<CampaignFault>(() => FarmCampaign.Open(store, entry, s_terms, TimeProvider.System, default));
        Assert.Contains("model", fault.Message, StringComparison.Ordinal);
        Assert.Equal(CampaignState.Failed, (await store.Find("C-old", default))!.State);
    }
}
