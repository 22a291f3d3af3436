using StressFarm.Silo.Stores;
using StressFarm.Silo.Tests;

namespace StressFarm.Farm.Tests;

[Collection(PostgresCollection.Name)]
public class SoakTests(PostgresServer postgres)
{
    private const string Request = "policies: [control, no-reinit]\nworkloads: [device-private-reinit]\nseed: 3\nsoak:\n  sections: 3\n  epochs: 24\n  schedules: 512\n";

    [Fact]
    public async Task Sections_go_on_elsewhere_after_a_crash_and_their_chains_are_unbroken()
    {
        using TestFarm farm = await TestFarm.Start(postgres, silos: 2, leaseSeconds: 3);
        string id = await farm.Submit(Request);
        for (int crash = 0; crash < 3; crash++)
        {
            double from = 0.1 + 0.25 * crash;
            await farm.Eventually("some epochs are done", async () => await farm.Status(id) is { } s && (s.Share > from || s.State == "done"));
            SiloProcess silo = farm.Silos[crash % 2];
            silo.Kill();
            silo.Start();
        }
        CampaignStatus done = await farm.Done(id);
        Assert.Equal(("done", ""), (done.State, done.Reason));
        var (expected, report) = EmbeddedRun.Of(Request);
        Assert.Equal(expected, await farm.Report(id));
        Assert.True((await farm.Audit(id, EmbeddedRun.Spec(Request), report.Shards)).Balanced);

        ChainVerification verified = await Verify(farm, id, new LocalEngine(EmbeddedRun.Spec(Request).Geometry).CreateWorker());
        Assert.Equal((6, 6L * 24), (verified.Sections, verified.Epochs));
        Assert.True(verified.Reexecuted > 0);
    }

    private static async Task<ChainVerification> Verify(TestFarm farm, string id, ICampaignWorker worker)
    {
        var plan = new CampaignPlan(EmbeddedRun.Spec(Request));
        await using var store = new PostgresFarmStore(farm.Postgres);
        var rows = new List<StoredShard>();
        await foreach (StoredShard row in store.Shards(id, default)) rows.Add(row);
        var checkpoints = new List<(int, Checkpoint)>();
        foreach (PlannedCell cell in plan.Cells)
            foreach (long number in await store.CheckpointNumbers(id, cell.Index, default))
            {
                var (state, hash, chain) = (await store.LoadCheckpoint(id, cell.Index, number, default))!.Value;
                checkpoints.Add((cell.Index, new Checkpoint(cell.Section!.Number, number, state, hash, chain)));
            }
        return new ChainVerifier(plan, worker) { Sample = 12 }.Verify(rows, checkpoints, []);
    }
}
