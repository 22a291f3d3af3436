namespace StressFarm.Silo.Tests;

/// <summary>Records to store, with values at the edges of their types.</summary>
internal static class StoreSamples
{
    public static readonly DateTimeOffset Noon = new(2026, 2, 3, 12, 0, 0, TimeSpan.Zero);

    public static CampaignEntry Entry(string id, CampaignState state = CampaignState.Running, int minute = 0) =>
        new(id, "näme '\"", "policies: [control]\n", "model: x\npolicy: y\n", new string('a', 64), TimeSpan.FromTicks(12_345_678_901),
            state, "", Noon.AddMinutes(minute).AddMicroseconds(7), null, 0);

    public static Shard Shard(long index) => new(index, (int)(index % 3), index / 3, ulong.MaxValue - 5_000_000 + (ulong)index, 1024);

    public static ShardRecord Outcome(ulong digest) => new(
        digest, 1024, long.MaxValue / 4, [new("pos", 512, 9_000_000_000, 3, 1), new("pct", 512, 1, 0, 0)], [Raw(ulong.MaxValue)], 2, 0)
    {
        Pct = new PctBound(3, 400, 5),
    };

    public static RawFinding Raw(ulong seed) => new("M3", "_mapcount", "split", "zap|é", seed, long.MaxValue);

    public static ShardResult Result(long index, ulong digest, long epoch = 1) =>
        new(WorkItem.Explore(Shard(index)).Key, Shard(index), epoch, "silo-1", Outcome(digest));

    public static Lease Lease(long index, long epoch, string holder = "silo-1") =>
        new(WorkItem.Explore(Shard(index)), epoch, holder, Noon.AddSeconds(epoch)) { Progress = 17 };

    public static Lease WorkUpLease(ulong seed, long epoch) =>
        new(new WorkItem(WorkKind.WorkUp, new Shard(-1, 2, -1, seed, 0), Raw(seed)), epoch, "silo-2", Noon);

    public static StoredWorkup Workup(ulong seed) => new(2, Raw(seed), new Finding(
        "F-012345", "M3 | split | zap", "M3", "critical", "_mapcount", "split", "zap", "CMP", "control", "mix", "pos", seed, 12, 3, 10,
        "A sentence.", "BUG: Bad page state", ["CPU0 | CPU1", "a | b"], ["expected 1", "found 2"], "SF1.token")
    {
        MailBlock = ["CPU0", "  a"],
    });

    public static StoredVerification Verification(long index) => new(Shard(index), ulong.MaxValue, 0, "silo-2");
}
