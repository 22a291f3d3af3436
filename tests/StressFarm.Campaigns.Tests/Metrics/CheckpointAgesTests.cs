namespace StressFarm.Campaigns.Tests.Metrics;

public class CheckpointAgesTests
{
    private static readonly DateTimeOffset s_began = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static DateTimeOffset At(int minute) => s_began.AddMinutes(minute);

    [Fact]
    public void The_section_that_has_waited_longest_says_how_old_it_is()
    {
        var ages = new CheckpointAges(3, s_began, last: 2);
        Assert.Equal(s_began, ages.Oldest);
        ages.Commit(0, 0, At(1));
        ages.Commit(1, 0, At(2));
        Assert.Equal(s_began, ages.Oldest);
        ages.Commit(2, 0, At(3));
        Assert.Equal(At(1), ages.Oldest);
        // Two in a row by the same section: the others wait.
        ages.Commit(0, 1, At(4));
        ages.Commit(0, 2, At(5));
        Assert.Equal(At(2), ages.Oldest);
        ages.Commit(1, 1, At(6));
        ages.Commit(1, 2, At(7));
        ages.Commit(2, 1, At(8));
        Assert.Equal(At(8), ages.Oldest);
        ages.Commit(2, 2, At(9));
        Assert.Null(ages.Oldest);
    }

    [Fact]
    public void What_was_there_before_counts_and_a_section_that_is_done_does_not()
    {
        var ages = new CheckpointAges(3, s_began, last: 1);
        ages.Restore(1, 0, At(5));
        ages.Restore(0, 0, At(3));
        ages.Restore(0, 1, At(4));
        ages.Restore(2, 0, At(7));
        ages.Restored();
        Assert.Equal(At(5), ages.Oldest);
        ages.Commit(1, 1, At(8));
        Assert.Equal(At(7), ages.Oldest);
        // Without a last epoch it never ends.
        var open = new CheckpointAges(1, s_began, last: null);
        for (int epoch = 0; epoch < 100; epoch++) open.Commit(0, epoch, At(epoch));
        Assert.Equal(At(99), open.Oldest);
    }
}
