using System.Diagnostics;
using System.Globalization;
using StressFarm.Silo.Tests;
using Xunit.Abstractions;

namespace StressFarm.Farm.Tests;

[Collection(PostgresCollection.Name)]
public class ChaosTests(PostgresServer postgres, ITestOutputHelper output)
{
    private const int LeaseSeconds = 3;

    /// <summary>How many kills it takes; more by <c>STRESSFARM_CHAOS_KILLS</c>.</summary>
    private static int KillsAsked => int.TryParse(Environment.GetEnvironmentVariable("STRESSFARM_CHAOS_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out int kills) ? kills : 6;

    private static string Request(int seed) => string.Create(CultureInfo.InvariantCulture,
        $"policies: [control, rfc-v1, no-reinit]\nworkloads: [device-private-reinit, driver-mmap, gup-pin]\nschedules: 24000\nseed: {seed}\n");

    [Fact]
    public async Task Killed_frozen_and_without_its_database_now_and_then_a_farm_reports_what_one_process_does()
    {
        using TestFarm farm = await TestFarm.Start(postgres, silos: 3, LeaseSeconds);
        var chaos = new Chaos(farm, postgres, seed: 20, LeaseSeconds);
        long began = Stopwatch.GetTimestamp();
        long reissued = 0, refused = 0, verified = 0, shards = 0;
        int campaigns = 0;
        do
        {
            string request = Request(1 + campaigns * 1_000_000);
            CampaignSpec spec = EmbeddedRun.Spec(request);
            string id = await farm.Submit(request);
            CampaignStatus? status = null;
            while (status is not { State: "done" or "failed" or "cancelled" })
            {
                // Enough trouble, of every kind; then the farm may come to rest.
                if (chaos.Kills >= KillsAsked && chaos.HadEverything) chaos.Revive();
                else chaos.Step();
                await chaos.Pause();
                status = await farm.Status(id) ?? status;
            }
            chaos.Revive(all: true);
            status = await farm.Done(id);
            Assert.Equal(("done", ""), (status.State, status.Reason));
            Assert.Empty(status.Defects);
            Assert.Equal((status.Ledger.Planned, 0, 0), (status.Ledger.Executed, status.Ledger.Lost, status.Ledger.Double));

            var (expected, report) = EmbeddedRun.Of(request);
            Assert.Equal(expected, await farm.Report(id));
            LedgerAudit audit = await farm.Audit(id, spec, report.Shards);
            Assert.True(audit.Balanced && audit.Digest == report.Digest, audit.ToString());
            (reissued, refused, verified, shards) = (reissued + status.Leases.Reissued, refused + status.Leases.Refused, verified + status.Leases.Verified, shards + audit.Executed);
            campaigns++;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"campaign {campaigns}: {audit}; so far {chaos}"));
        }
        while (chaos.Kills < KillsAsked || !chaos.HadEverything);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{campaigns} campaigns, {shards} shards in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s: {chaos}; {reissued} leases given again, {refused} late results refused, {verified} shards run by a second silo"));
        Assert.True(chaos.HadEverything, chaos.ToString());
    }

    [Fact]
    public async Task After_a_restart_of_every_silo_the_campaign_goes_on_by_itself()
    {
        using TestFarm farm = await TestFarm.Start(postgres, silos: 2, LeaseSeconds);
        string request = Request(7);
        string id = await farm.Submit(request);
        CampaignStatus? status = null;
        await farm.Eventually("some of it is done", async () => (status = await farm.Status(id)) is { Share: > 0.15 });
        foreach (SiloProcess silo in farm.Silos) silo.Kill();
        Assert.Null(await farm.Status(id));
        foreach (SiloProcess silo in farm.Silos) silo.Start();
        // Nobody asks for it before it has gone on: only the store knows of it.
        await using var store = new Silo.Stores.PostgresFarmStore(farm.Postgres);
        await farm.Eventually("it is done", async () => (await store.Find(id, default))!.State == CampaignState.Done);
        Assert.Equal(EmbeddedRun.Of(request).Report, await farm.Report(id));
        Assert.True(status!.Share < 1);
    }

    [Fact]
    public async Task A_silo_that_is_told_to_stop_hands_its_work_back()
    {
        // With a lease of an hour nothing expires: the work can only come back by being handed back.
        using TestFarm farm = await TestFarm.Start(postgres, silos: 2, leaseSeconds: 3600);
        string request = Request(9);
        string id = await farm.Submit(request);
        await farm.Eventually("both silos work", async () => await farm.Status(id) is { Leases.Silos: 2, Share: > 0.1 });
        Assert.Equal(0, farm.Silos[1].Terminate());
        CampaignStatus done = await farm.Done(id);
        Assert.Equal("done", done.State);
        Assert.True(done.Leases.Reissued > 0);
        Assert.Equal(EmbeddedRun.Of(request).Report, await farm.Report(id));
    }

    [Fact]
    public async Task A_campaign_that_learns_learns_the_same_on_a_farm_that_loses_silos()
    {
        const string Learning = "policies: [control, no-reinit]\nworkloads: [folio-split]\nstrategy: feedback\ngeneration: 8\nshard: 128\nschedules: 8192\n";
        using TestFarm farm = await TestFarm.Start(postgres, silos: 2, LeaseSeconds);
        string id = await farm.Submit(Learning);
        await farm.Eventually("some generations are done", async () => await farm.Status(id) is { Share: > 0.3 });
        farm.Silos[0].Kill();
        farm.Silos[0].Start();
        CampaignStatus done = await farm.Done(id);
        Assert.Equal(("done", ""), (done.State, done.Reason));
        Assert.Equal(EmbeddedRun.Of(Learning).Report, await farm.Report(id));
    }
}
