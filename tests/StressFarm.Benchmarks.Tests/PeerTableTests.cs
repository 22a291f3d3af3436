namespace StressFarm.Benchmarks.Tests;

public class PeerTableTests
{
    private static readonly PeerComparison s_comparison = new(
        [.. Enumerable.Range(1, 9).Select(i => new PeerRound(StressFarm: 1e7 * i, Spin: 5e6, Coyote: 1e5))], "SPIN 6.5.2", SpinJumps: 0.25);

    [Fact]
    public void Rates_and_ratios_are_printed_with_their_intervals()
    {
        var output = new StringWriter();
        Assert.Equal(0, PeerTable.Print(() => s_comparison, output, TextWriter.Null));
        string text = output.ToString();
        Assert.Matches(@"StressFarm +50\.00  a shared access", text);
        Assert.Matches(@"SPIN 6\.5\.2 +5\.00  a statement.*25 ?% of them are jumps", text);
        Assert.Matches(@"Coyote 1\.7\.11 +0\.10  a decision", text);
        Assert.Matches(@"StressFarm / SPIN +10\.0x  4\.0 to 16\.0 \(96 ?% ", text);
        Assert.Matches(@"jumps left out +13\.3x  5\.3 to 21\.3 \(96 ?% ", text);
        Assert.Matches(@"StressFarm / Coyote +500\.0x  200\.0 to 800\.0 \(96 ?% ", text);
    }

    /// <summary>A ratio is of one round: a machine that doubles its speed in the midst changes none.</summary>
    [Fact]
    public void Ratios_are_taken_within_rounds()
    {
        PeerComparison twice = s_comparison with { Rounds = [.. Enumerable.Range(1, 9).Select(i => new PeerRound(i * 9e6, i * 3e6, i * 1e5))] };
        Assert.Equal((3, 3, 3), (twice.OverSpin.Median, twice.OverSpin.Low, twice.OverSpin.High));
        Assert.Equal(90, twice.OverCoyote.Median, 9);
    }

    [Fact]
    public void Without_SPIN_one_line_says_what_to_install_and_the_exit_code_is_64()
    {
        var output = new StringWriter();
        var error = new StringWriter();
        Assert.Equal(64, PeerTable.Print(() => throw Missing(), output, error));
        Assert.Equal("", output.ToString());
        Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("apt-get install spin", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_of_two_runs_leaves_their_start_out()
    {
        Sample sample = new Sample(1_700, 2.5) - new Sample(100, 0.5);
        Assert.Equal(800, sample.Rate);
        Assert.Equal(new Sample(5, 3), new Sample(2, 1) + new Sample(3, 2));
    }

    private static PeerException Missing() => Assert.Throws<PeerException>(() => new SpinPeer("no-such-spin"));
}
