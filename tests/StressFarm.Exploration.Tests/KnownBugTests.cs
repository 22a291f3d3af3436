namespace StressFarm.Exploration.Tests;

/// <summary>
/// The detector on trial: every known bug is caught by one of its named invariants in an ordinary portfolio run of at most
/// 5 M steps, from any of 20 first seeds; its twin without the bug is silent on the same seeds.
/// </summary>
public class KnownBugTests
{
    private const int FirstSeeds = 20;
    private const long StepLimit = 5_000_000;
    private const int Block = 256;

    public static TheoryData<string> Bugs
    {
        get
        {
            var ids = new TheoryData<string>();
            foreach (KnownBug bug in Catalog<KnownBug>.All.Where(b => !b.IsFalseAlarm)) ids.Add(bug.Id);
            return ids;
        }
    }

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Every_known_bug_is_caught_from_any_seed_and_its_twin_is_silent(string id)
    {
        KnownBug bug = Catalog<KnownBug>.Find(id)!;
        var executor = new ShardExecutor(new Geometry());
        Policy planted = bug.Plant(Policy.Control);
        Policy twin = bug.Twin(Policy.Control);
        for (int i = 0; i < FirstSeeds; i++)
        {
            ulong first = 1 + (ulong)i * 100_000;
            int blocks = BlocksUntilCaught(executor, CellOf(planted, bug), bug, first);
            Assert.True(blocks > 0, $"{id} was not caught from seed {first} on");
            ShardRecord clean = executor.Run(CellOf(twin, bug), first, blocks * Block);
            Assert.True(clean.Findings.Count == 0, $"the twin of {id} violates {string.Join(", ", clean.Findings)}");
        }
    }

    [Fact]
    public void The_false_alarm_is_the_only_one_and_stays_silent()
    {
        KnownBug alarm = Assert.Single(Catalog<KnownBug>.All, b => b.IsFalseAlarm);
        Assert.Equal("Z04", alarm.Id);
        var executor = new ShardExecutor(new Geometry());
        for (int i = 0; i < FirstSeeds; i++)
            Assert.Empty(executor.Run(CellOf(alarm.Plant(Policy.Control), alarm), 1 + (ulong)i * 100_000, Block).Findings);
    }

    private static int BlocksUntilCaught(ShardExecutor executor, Cell cell, KnownBug bug, ulong first)
    {
        long steps = 0;
        for (int blocks = 0; steps < StepLimit; blocks++)
        {
            ShardRecord record = executor.Run(cell, first + (ulong)(blocks * Block), Block);
            steps += record.Steps;
            if (record.Findings.Any(f => bug.Invariants.Contains(f.Invariant))) return blocks + 1;
        }
        return 0;
    }

    private static Cell CellOf(Policy policy, KnownBug bug) =>
        new(policy, Catalog<Workload>.Find(bug.Workload)!, "portfolio", new Geometry(), new Dictionary<string, int>());
}
