namespace StressFarm.Campaigns.Tests;

public class FairQueueTests
{
    private const string Short = "short", Long = "long";
    private readonly FairQueue<string, int> _queue = new();

    private int[] Take(int count)
    {
        var taken = new int[count];
        for (int i = 0; i < count; i++) Assert.True(_queue.Take(out taken[i]));
        return taken;
    }

    [Fact]
    public void Owners_are_served_by_seconds_and_each_ones_own_in_their_order()
    {
        for (int i = 0; i < 8; i++) _queue.Add(Long, 100 + i, 4);
        for (int i = 0; i < 8; i++) _queue.Add(Short, i, 1);
        Assert.Equal([100, 0, 1, 2, 3, 101, 4, 5, 6, 7, 102], Take(11));
        Assert.Equal(5, _queue.Count);
    }

    [Fact]
    public void What_took_longer_than_was_said_is_made_up_for()
    {
        for (int i = 0; i < 3; i++) _queue.Add(Long, 100 + i, 1);
        for (int i = 0; i < 6; i++) _queue.Add(Short, i, 1);
        Assert.Equal([100], Take(1));
        _queue.Correct(Long, 3);
        Assert.Equal([0, 1, 2, 3, 101], Take(5));
        _queue.Correct("a stranger", 3);
    }

    [Fact]
    public void Who_had_nothing_for_a_while_has_saved_nothing_up()
    {
        for (int i = 0; i < 100; i++) _queue.Add(Short, i, 1);
        Take(50);
        for (int i = 0; i < 4; i++) _queue.Add(Long, 100 + i, 1);
        Assert.Equal([100, 50, 101, 51, 102, 52], Take(6).Select(i => i));
    }

    [Fact]
    public void Threads_wait_for_items_and_end_when_there_will_be_none()
    {
        int sum = 0;
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            while (_queue.Take(out int item)) Interlocked.Add(ref sum, item);
        }) { IsBackground = true })];
        foreach (Thread thread in threads) thread.Start();
        for (int i = 1; i <= 1000; i++) _queue.Add(i % 3 == 0 ? Long : Short, i, 0.001);
        _queue.Complete();
        Assert.All(threads, t => Assert.True(t.Join(TimeSpan.FromSeconds(30))));
        Assert.Equal(500_500, sum);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void What_waits_of_an_owner_that_is_gone_is_dropped()
    {
        _queue.Add(Long, 1, 1);
        _queue.Add(Short, 2, 1);
        _queue.Forget(Long);
        Assert.Equal(1, _queue.Count);
        Assert.Equal([2], Take(1));
    }
}
