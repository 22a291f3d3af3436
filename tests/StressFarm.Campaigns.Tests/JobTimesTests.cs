namespace StressFarm.Campaigns.Tests;

/// <summary>How much work a silo keeps.</summary>
public class JobTimesTests
{
    private static JobTimes After(WorkKind kind, double seconds, int jobs = 200)
    {
        var times = new JobTimes();
        for (int i = 0; i < jobs; i++) times.Took(kind, seconds);
        return times;
    }

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
    }

    [Fact]
    public void A_silo_fills_with_the_work_of_all_its_campaigns()
    {
        JobTimes quick = After(WorkKind.Explore, 0.001), slow = After(WorkKind.Explore, 30);
        // Half of the silo for the slow one's two jobs: half of the quick one's fit beside them.
        double fill = slow.Fill([WorkKind.Explore, WorkKind.Explore], 2);
        Assert.Equal(0.5, fill, 1e-12);
        Assert.Equal(64, quick.Room(WorkKind.Explore, 2, fill, 1));
        Assert.Equal(32, quick.Room(WorkKind.Explore, 2, fill, 2));
        Assert.Equal(0, quick.Room(WorkKind.Explore, 2, fill + quick.Fill(Enumerable.Repeat(WorkKind.Explore, 64), 2), 1));
        Assert.Equal(1, slow.Room(WorkKind.Explore, 2, 0.9, 3));
    }
}
