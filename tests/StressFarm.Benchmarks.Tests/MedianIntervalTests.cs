namespace StressFarm.Benchmarks.Tests;

public class MedianIntervalTests
{
    [Fact]
    public void Of_nine_it_is_from_the_second_to_the_eighth()
    {
        MedianInterval of = MedianInterval.Of([9, 1, 8, 2, 7, 3, 6, 4, 5]);
        Assert.Equal((5, 2, 8), (of.Median, of.Low, of.High));
        Assert.Equal(1 - 2 * 10 / 512.0, of.Coverage, 12);
    }

    /// <summary>The ranks of the tables in textbooks.</summary>
    [Theory]
    [InlineData(6, 1)]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(12, 3)]
    [InlineData(20, 6)]
    public void It_covers_95_percent(int n, int rank)
    {
        MedianInterval of = MedianInterval.Of(Enumerable.Range(1, n).Select(i => (double)i));
        Assert.Equal((rank, n + 1 - rank), (of.Low, of.High));
        Assert.InRange(of.Coverage, 0.95, 1);
    }

    [Fact]
    public void Few_measurements_give_all_their_range()
    {
        MedianInterval of = MedianInterval.Of([3, 1]);
        Assert.Equal((2, 1, 3, 0.5), (of.Median, of.Low, of.High, of.Coverage));
        Assert.Throws<ArgumentException>(() => MedianInterval.Of([]));
    }
}
