namespace StressFarm.Campaigns.Tests;

public class TallyTests
{
    private static ShardRecord Record(ulong digest, long steps = 10, params RawFinding[] findings) =>
        new(digest, 8, steps, [new("random", 8, steps, findings.Sum(f => f.Count), 0)], findings, 0, 0);

    [Fact]
    public void Any_order_of_arrival_gives_the_same_totals()
    {
        var plan = new CampaignPlan(Specs.Small(schedules: 64));
        int count = (int)plan.ShardCount!.Value;
        var forward = new CampaignTally(plan);
        for (int i = 0; i < count; i++) forward.Add(i, Record((ulong)i * 7919));
        for (int seed = 0; seed < 20; seed++)
        {
            int[] order = [.. Enumerable.Range(0, count)];
            new Random(seed).Shuffle(order);
            var shuffled = new CampaignTally(plan);
            foreach (int i in order)
            {
                shuffled.Add(i, Record((ulong)i * 7919));
                Assert.True(shuffled.Has(i));
                // A second record of the same shard changes nothing.
                shuffled.Add(i, Record(1, 1_000_000));
            }
            Assert.True(shuffled.Complete);
            Assert.Equal((forward.Digest, forward.Steps, forward.Schedules, forward.Prefix), (shuffled.Digest, shuffled.Steps, shuffled.Schedules, shuffled.Prefix));
        }
    }

    [Fact]
    public void Only_the_contiguous_prefix_counts()
    {
        var tally = new CampaignTally(new CampaignPlan(Specs.Small()));
        tally.Add(0, Record(1));
        tally.Add(2, Record(3));
        tally.Add(3, Record(4));
        Assert.Equal((1, 2, 10), (tally.Prefix, tally.Ahead, tally.Steps));
        tally.Add(1, Record(2));
        Assert.Equal((4, 0, 40), (tally.Prefix, tally.Ahead, tally.Steps));
    }

    [Fact]
    public void The_digest_depends_on_the_order_of_shards()
    {
        CampaignTally a = new(new(Specs.Small())), b = new(new(Specs.Small()));
        a.Add(0, Record(1));
        a.Add(1, Record(2));
        b.Add(0, Record(2));
        b.Add(1, Record(1));
        Assert.NotEqual(a.Digest, b.Digest);
    }

    [Fact]
    public void A_step_budget_ends_at_the_first_shard_that_reaches_it_whatever_lies_beyond()
    {
        var tally = new CampaignTally(new CampaignPlan(Specs.Small(schedules: null, steps: 25)));
        foreach (int i in (int[])[4, 3, 1, 0, 2]) tally.Add(i, Record((ulong)i));
        Assert.True(tally.Complete);
        Assert.Equal((3, 30), (tally.Prefix, tally.Steps));
    }

    [Fact]
    public void A_cell_keeps_the_lowest_seed_and_counts_all()
    {
        var plan = new CampaignPlan(Specs.Small());
        var tally = new CampaignTally(plan);
        for (int i = 0; i < plan.Cells.Count; i++) tally.Add(i, Record(1, 10, new RawFinding("I01", "f", "a", "b", 9, 2)));
        for (int i = 0; i < plan.Cells.Count; i++) tally.Add(plan.Cells.Count + i, Record(1, 10, new RawFinding("I01", "f", "a", "b", 17, 3)));
        Assert.All(tally.Cells, c => Assert.Equal(new RawFinding("I01", "f", "a", "b", 9, 5), Assert.Single(c.Findings)));
        Assert.All(tally.Cells, c => Assert.Equal(5, c.Violated));
    }
}
