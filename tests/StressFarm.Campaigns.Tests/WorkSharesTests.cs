namespace StressFarm.Campaigns.Tests;

/// <summary>How much work a silo keeps, and of which campaigns.</summary>
public class WorkSharesTests
{
    private static JobTimes After(WorkKind kind, double seconds, int jobs = 200)
    {
        var times = new JobTimes();
        for (int i = 0; i < jobs; i++) times.Took(kind, seconds);
        return times;
    }

    private static WorkHeld Held(double shard, int shards = 0, int workUps = 0, int stuck = 0, int asked = 0) =>
        new(After(WorkKind.Explore, shard), shards, workUps, stuck, DateTimeOffset.UnixEpoch.AddSeconds(asked));

    private static WorkWanted[] Ask(int threads, params IReadOnlyList<WorkHeld> held) => WorkShares.Of(threads, held, [.. held.Select(_ => true)]);

    [Theory]
    [InlineData(0.0001, 64)]
    [InlineData(0.01, 64)]
    [InlineData(0.05, 20)]
    [InlineData(0.3, 4)]
    [InlineData(10, 2)]
    [InlineData(1e9, 2)]
    public void About_a_second_is_kept_for_each_thread(double seconds, int each)
    {
        Assert.InRange(After(WorkKind.Explore, seconds).Capacity(WorkKind.Explore, 3), 3 * each, 3 * each + 3);
        Assert.InRange(After(WorkKind.WorkUp, seconds).Capacity(WorkKind.WorkUp, 3), 3 * each, 3 * each + 3);
    }

    [Fact]
    public void What_was_never_timed_is_taken_sparingly()
    {
        Assert.Equal(8, new JobTimes().Capacity(WorkKind.Explore, 4));
        // Short shards say nothing of how long a work-up takes.
        Assert.Equal(8, After(WorkKind.Explore, 0.001).Capacity(WorkKind.WorkUp, 4));
        Assert.Equal(256, After(WorkKind.Verify, 0.001).Capacity(WorkKind.Explore, 4));
        Assert.Equal([new(256, 8, true)], Ask(4, Held(0.001)));
    }

    [Fact]
    public void Whoever_fills_the_silo_keeps_nobody_out()
    {
        // 25 shards of 40 ms fill a thread; one of 5 s finds its place beside them, and once it is there it may be asked for no more.
        Assert.Equal([default, new(1, 1, true)], Ask(1, Held(0.04, shards: 26), Held(5)));
        Assert.Equal([default, default], Ask(1, Held(0.04, shards: 26), Held(5, shards: 1)));
        // And the other way round: two long ones fill it, and half of a second's worth of short ones is asked for beside them.
        WorkWanted beside = Ask(1, Held(5, shards: 2), Held(0.04))[1];
        Assert.InRange(beside.Shards, 12, 13);
    }

    [Fact]
    public void Of_more_campaigns_than_there_is_room_for_each_has_its_turn()
    {
        WorkHeld[] held = [.. Enumerable.Range(0, 64).Select(i => Held(5, asked: 100 - i))];
        WorkWanted[] wanted = Ask(1, held);
        // Two shards of 5 s are enough for a thread; they are of the one that was not asked for longest.
        Assert.Equal(2, wanted.Sum(w => w.Shards));
        Assert.Equal(2, wanted[63].Shards);
        // It has them, and one of them is done: the next one's turn.
        held[63] = Held(5, shards: 1, asked: 101);
        wanted = Ask(1, held);
        Assert.Equal((1, 1), (wanted.Sum(w => w.Shards), wanted[62].Shards));
    }

    [Fact]
    public void Results_that_a_campaign_does_not_take_are_room_of_its_own_alone()
    {
        WorkWanted[] wanted = Ask(2, Held(0.1, stuck: 1000), Held(0.1));
        Assert.Equal(0, wanted[0].Shards);
        Assert.InRange(wanted[1].Shards, 20, 22);
    }

    [Fact]
    public void Work_ups_fill_a_silo_as_shards_do()
    {
        var times = new JobTimes();
        for (int i = 0; i < 200; i++) times.Took(WorkKind.WorkUp, 20);
        Assert.Equal([default], Ask(2, new WorkHeld(times, 0, 4, 0, default)));
        Assert.Equal([new(2, 2, true)], Ask(2, new WorkHeld(times, 0, 2, 0, default)));
    }

    [Fact]
    public void A_call_of_its_own_is_worth_it_when_half_is_gone()
    {
        bool Urgent(params WorkHeld[] held) => Ask(2, held)[0].Urgent;
        // 40 of 50 ms fill two threads.
        Assert.False(Urgent(Held(0.05, shards: 21)));
        Assert.True(Urgent(Held(0.05, shards: 19)));
        // Beside one that fills the silo: half of its half.
        Assert.False(Urgent(Held(0.05, shards: 11), Held(0.05, shards: 40)));
        Assert.True(Urgent(Held(0.05, shards: 9), Held(0.05, shards: 40)));
        Assert.Equal([default], WorkShares.Of(2, [Held(0.05)], [false]));
    }

    /// <summary>Two campaigns and their threads in a time of its own: neither starves the other, whatever their shards take.</summary>
    [Theory]
    [InlineData(1, 0.04, 5)]
    [InlineData(1, 0.04, 0.04)]
    [InlineData(2, 0.6, 5)]
    [InlineData(4, 0.001, 1)]
    [InlineData(4, 30, 0.01)]
    public void Two_campaigns_share_the_threads_by_time(int threads, double one, double other)
    {
        double[] seconds = [one, other], served = new double[2];
        JobTimes[] times = [new(), new()];
        int[] held = new int[2];
        var asked = new double[2];
        var queue = new FairQueue<JobTimes, int>();
        double[] free = new double[threads];
        int[] running = [.. Enumerable.Repeat(-1, threads)];
        double end = 60 * Math.Max(one, other), now = 0;
        for (int step = 0; now < end && step < 2_000_000; step++)
        {
            WorkHeld[] holds = [.. Enumerable.Range(0, 2).Select(i => new WorkHeld(times[i], held[i], 0, 0, DateTimeOffset.UnixEpoch.AddSeconds(asked[i])))];
            WorkWanted[] wanted = WorkShares.Of(threads, holds, [true, true]);
            for (int i = 0; i < 2; i++)
            {
                if (!wanted[i].Urgent) continue;
                asked[i] = now;
                held[i] += wanted[i].Shards;
                for (int k = 0; k < wanted[i].Shards; k++) queue.Add(times[i], i, times[i].Mean(WorkKind.Explore));
            }
            int thread = Array.IndexOf(free, free.Min());
            now = free[thread];
            if (running[thread] is >= 0 and var done)
            {
                held[done]--;
                served[done] += seconds[done];
                queue.Correct(times[done], seconds[done] - times[done].Mean(WorkKind.Explore));
                times[done].Took(WorkKind.Explore, seconds[done]);
                running[thread] = -1;
            }
            if (queue.Count > 0 && queue.Take(out int next)) (running[thread], free[thread]) = (next, now + seconds[next]);
            else free[thread] = now + 0.01;
        }
        Assert.True(served[0] + served[1] > 0.9 * threads * now, $"{served[0]} and {served[1]} of {threads * now}");
        Assert.InRange(served[0] / (served[0] + served[1]), 0.3, 0.7);
    }
}
