namespace StressFarm.Campaigns.Tests;

public class PlanTests
{
    [Theory]
    [InlineData(1, 8)]
    [InlineData(7, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 8)]
    [InlineData(100, 7)]
    [InlineData(2049, 2048)]
    public void Shards_cover_every_seed_of_every_cell_exactly_once(long schedules, int shard)
    {
        var plan = new CampaignPlan(Specs.Small(schedules, shard: shard));
        var seen = new HashSet<(int, ulong)>();
        for (long i = 0; plan.At(i) is { } s; i++)
        {
            Assert.Equal(i, s.Index);
            Assert.Equal(i, plan.IndexOf(s.Cell, s.Number));
            Assert.InRange(s.Count, 1, shard);
            for (int k = 0; k < s.Count; k++) Assert.True(seen.Add((s.Cell, s.FirstSeed + (ulong)k)));
        }
        Assert.Equal(plan.Cells.Count * schedules, seen.Count);
        Assert.All(seen, s => Assert.InRange(s.Item2, plan.Spec.FirstSeed, plan.Spec.FirstSeed + (ulong)schedules - 1));
        Assert.Equal(plan.ShardCount, plan.ShardsPerCell * plan.Cells.Count);
        Assert.Null(plan.At(-1));
    }

    [Fact]
    public void An_open_plan_goes_on_and_its_shards_begin_like_those_of_a_bounded_one()
    {
        CampaignPlan open = new(Specs.Small(schedules: null)), bounded = new(Specs.Small(schedules: 80));
        Assert.Null(open.ShardCount);
        for (long i = 0; bounded.At(i) is { } shard; i++) Assert.Equal(shard, open.At(i));
        Assert.NotNull(open.At(1_000_000_000));
    }

    [Fact]
    public void Seeds_end_at_two_to_the_64()
    {
        var plan = new CampaignPlan(Specs.Small(schedules: null, seed: ulong.MaxValue - 30));
        long last = 0;
        while (plan.At(last) is { } s)
        {
            Assert.True(s.FirstSeed + (ulong)s.Count > s.FirstSeed);
            last++;
        }
        Assert.InRange(last, 1, 100);
    }

    [Fact]
    public void The_canonical_text_tells_specs_apart_and_nothing_else()
    {
        CampaignSpec spec = Specs.Small();
        Assert.Equal(spec.Hash, Specs.Small().Hash);
        CampaignSpec[] others =
        [
            spec with { FirstSeed = 6 }, spec with { Schedules = 101 }, spec with { Schedules = null, Steps = 100 },
            spec with { Strategy = "random" }, spec with { Geometry = new(64, 8) }, spec with { Geometry = new(32768, 2) },
            spec with { Parameters = new Dictionary<string, int> { ["ops"] = 2 } }, spec with { Bug = "Z99" },
            spec with { Policies = [.. spec.Policies.Take(2)] }, spec with { Workloads = [.. spec.Workloads.Take(1)] },
            spec with { ShardSchedules = 9 },
            spec with { Policies = [PolicyChoice.Of(Policy.Control with { Deviations = Deviation.PgmapReadAfterFolioFree }), .. spec.Policies.Skip(1)] },
        ];
        Assert.Equal(others.Length + 1, others.Append(spec).Select(s => s.Hash).Distinct().Count());
    }
}
