using System.Text;
using System.Text.Json;

namespace StressFarm.Campaigns.Tests;

/// <summary>Canaries in campaigns: they ride along where the plan says, stand in every report, and one that is missed is never overlooked.</summary>
public class CanaryCampaignTests
{
    private const string Request = "policies: [control, no-reinit]\nworkloads: [driver-mmap, gup-pin]\nschedules: 400\nshard: 8\n";

    private static CampaignSpec Spec(string request) => SpecBuilder.Build(SpecFile.Parse(request, "test"), FarmDefaults.Spec).Spec;

    public static TheoryData<string> Kinds =>
    [
        "policies: [control, no-reinit]\nworkloads: [driver-mmap, gup-pin]\nschedules: 80\nshard: 8\n",
        "workloads: [driver-mmap, gup-pin]\nstrategy: feedback\ngeneration: 2\nschedules: 80\nshard: 8\n",
        "workloads: [driver-mmap, gup-pin]\nsoak: {sections: 3, epochs: 4, schedules: 8}\n",
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void One_shard_in_eight_carries_one_and_the_report_counts_them(string request)
    {
        CampaignSpec spec = Spec(request);
        var plan = new CampaignPlan(spec);
        var store = new MemoryStore();
        CampaignOutcome outcome = Specs.Run(spec, store, new FakeEngine(), workers: 3);
        Assert.Empty(outcome.Defects);
        long shards = plan.ShardCount!.Value, canaries = (shards + CampaignPlan.CanaryEvery - 1) / CampaignPlan.CanaryEvery;
        foreach (StoredShard line in store.Shards())
        {
            long index = plan.IndexOf(line.Cell, line.Number);
            Assert.Equal(index % CampaignPlan.CanaryEvery == 0 ? CanaryList.At(index / CampaignPlan.CanaryEvery).Id : null, line.Record.Canary?.Id);
        }
        Assert.Equal(new CanaryCounts(canaries, canaries), outcome.Report!.Canaries.Counts);
        Assert.Equal(Specs.ReportOf(outcome), Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine(), workers: 1)));
    }

    [Fact]
    public void The_smallest_campaign_has_one()
    {
        CampaignOutcome outcome = Specs.Run(Specs.Small(schedules: 1), new MemoryStore(), new FakeEngine());
        Assert.Equal(new CanaryCounts(1, 1), outcome.Report!.Canaries.Counts);
    }

    [Fact]
    public void What_the_campaign_finds_and_its_digest_are_those_of_the_same_campaign_whose_canaries_are_missed()
    {
        CampaignSpec spec = Spec("policies: no-reinit\nworkloads: [mixed, device-private-reinit]\nschedules: 512\nshard: 64\npages: 1024\n");
        CampaignReport report = Local(spec).Report!, drill = Local(spec with { CanaryDrill = true }).Report!;
        Assert.NotEmpty(report.Findings);
        Assert.Equal((report.Digest, report.Steps, report.Schedules), (drill.Digest, drill.Steps, drill.Schedules));
        Assert.Equal(report.Findings.Select(f => (f.Finding.Token, f.Count)), drill.Findings.Select(f => (f.Finding.Token, f.Count)));
    }

    [Fact]
    public void A_drill_misses_every_canary_and_says_so()
    {
        CampaignSpec spec = Spec("workloads: gup-pin\nschedules: 72\nshard: 4\ncanaries: drill\n");
        CampaignOutcome outcome = Local(spec);
        Assert.Equal(new CanaryCounts(3, 0), outcome.Report!.Canaries.Counts);
        Assert.True(outcome.Report.Canaries.Blind);
        Assert.Equal(
        [
            "canary Z01 missed: the detector is blind (1 of 1 not caught)",
            "canary Z02 missed: the detector is blind (1 of 1 not caught)",
            "canary drop:A3 missed: the detector is blind (1 of 1 not caught)",
        ], outcome.Defects);
        Assert.Contains("canaries 0 of 3 caught: the detector is blind", Encoding.UTF8.GetString(VerdictPage.Markdown(outcome.Report)), StringComparison.Ordinal);

        // The control: the same campaign with something to catch.
        outcome = Local(spec with { CanaryDrill = false });
        Assert.Empty(outcome.Defects);
        Assert.Equal(new CanaryCounts(3, 3), outcome.Report!.Canaries.Counts);
    }

    [Fact]
    public void A_detector_that_is_blind_to_one_is_named_by_it()
    {
        CampaignOutcome outcome = Specs.Run(Spec(Request), new MemoryStore(), new FakeEngine { BlindTo = ["Z28"] });
        Assert.Equal("canary Z28 missed: the detector is blind (3 of 3 not caught)", Assert.Single(outcome.Defects));
        CanaryCount missed = outcome.Report!.Canaries.Each.Single(c => c.Missed > 0);
        Assert.Equal(("Z28", "known-bug", 3L, 0L), (missed.Id, missed.Kind, missed.Planted, missed.Caught));
        Assert.Contains("\"absent\": 0", Specs.ReportOf(outcome), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_without_its_canary_or_with_another_is_a_canary_missed()
    {
        CampaignSpec spec = Specs.Small();
        var store = new MemoryStore();
        Specs.Run(spec, store, new FakeEngine());
        var tampered = new MemoryStore();
        foreach (StoredShard line in store.Shards())
            tampered.Record(line.Cell, line.Number, line.Record.Canary?.Id switch
            {
                "Z01" => line.Record with { Canary = null },
                "Z02" => line.Record with { Canary = line.Record.Canary with { Id = "Z01" } },
                _ => line.Record,
            });
        CampaignOutcome outcome = Specs.Run(spec, tampered, new FakeEngine());
        Assert.Equal(
        [
            "canary Z01 missed: 1 of 1 left no record, as a build without canaries leaves none",
            "canary Z02 missed: 1 of 1 left no record, as a build without canaries leaves none",
        ], outcome.Defects);
    }

    [Fact]
    public async Task A_farms_status_counts_them_and_a_missed_one_is_a_defect()
    {
        foreach (string[] blind in (string[][])[[], ["drop:A9"]])
        {
            CampaignSpec spec = Spec(Request);
            var store = new MemoryFarmStore();
            FakeEngine[] engines = [new() { BlindTo = [.. blind] }];
            var farm = new FarmSimulation(spec, Request, 3, store, new(TimeSpan.FromSeconds(30), VerifyEvery: 4)) { Engines = engines };
            CampaignEntry end = await farm.Run();
            Assert.Equal(CampaignState.Done, end.State);
            FarmCampaign campaign = await FarmCampaign.Open(store, end, new(TimeSpan.FromSeconds(30)), TimeProvider.System, default);
            CampaignStatus status = campaign.Status();
            Assert.Equal(25, status.Canaries.Planted);
            Assert.Equal(blind.Length == 0, status.Canaries.Caught == status.Canaries.Planted);
            Assert.Equal(blind.Select(id => $"canary {id} missed: the detector is blind (2 of 2 not caught)"), status.Defects);
            CampaignStatus read = JsonSerializer.Deserialize(JsonSerializer.Serialize(status, FarmJson.Default.CampaignStatus), FarmJson.Default.CampaignStatus)!;
            Assert.Equal(status.Canaries, read.Canaries);
        }
    }

    [Fact]
    public async Task A_silo_whose_canary_says_otherwise_is_found_by_the_second_run()
    {
        const string request = "workloads: gup-pin\nschedules: 1600\nshard: 8\n";
        var store = new MemoryFarmStore();
        FakeEngine[] engines = [new(), new() { BlindTo = [.. Catalog<Canary>.Ids] }];
        var farm = new FarmSimulation(Spec(request), request, 1, store, new(TimeSpan.FromSeconds(30), VerifyEvery: 2)) { TroubleOneIn = 0, Engines = engines };
        await farm.Run(silos: 2);
        Assert.True((await store.Counts(farm.Id, default)).VerifyMismatches > 0);
    }

    [Fact]
    public void A_soaks_canary_that_was_changed_is_found_by_running_it_again()
    {
        CampaignSpec spec = Specs.Soak();
        var store = new MemoryStore();
        Specs.Run(spec, store, new FakeEngine());
        StoredShard[] changed = [.. store.Shards().Select(s => s.Record.Canary is { } c ? s with { Record = s.Record with { Canary = c with { CaughtAt = 1 } } } : s)];
        var verifier = new ChainVerifier(new(spec), new FakeEngine().CreateWorker());
        Assert.Contains("its canary gives another record", Assert.Throws<CampaignFault>(() => verifier.Verify(changed, store.Checkpoints(), [])).Message);
    }

    [Fact]
    public void A_drill_is_another_campaign_and_on_is_the_same_as_nothing_said()
    {
        CampaignSpec plain = Spec(Request), on = Spec(Request + "canaries: on\n"), drill = Spec(Request + "canaries: drill\n");
        Assert.Equal(plain.Hash, on.Hash);
        Assert.DoesNotContain("canaries", plain.Canonical, StringComparison.Ordinal);
        Assert.Equal(plain.Canonical + "canaries: drill\n", drill.Canonical);
        Assert.True(CanonicalSpec.Read(drill.Canonical).CanaryDrill);
        Assert.False(CanonicalSpec.Read(plain.Canonical).CanaryDrill);
        Assert.Throws<SpecException>(() => CanonicalSpec.Read(plain.Canonical + "canaries: off\n"));
    }

    [Fact]
    public void There_is_no_campaign_without_them() =>
        Assert.Equal("test:5: canaries: unknown value 'off'; there are on, drill", Assert.Throws<SpecException>(() => Spec(Request + "canaries: off\n")).Message);

    private static CampaignOutcome Local(CampaignSpec spec) =>
        new CampaignRunner(new(spec), new MemoryStore(), new LocalEngine(spec.Geometry), TimeProvider.System).Run(2, null, default);
}
