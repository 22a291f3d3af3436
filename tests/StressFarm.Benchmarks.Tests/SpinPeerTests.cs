namespace StressFarm.Benchmarks.Tests;

/// <summary>SPIN's part of the comparison: that its model is the same protocol, and that it runs.</summary>
public class SpinPeerTests
{
    private const int Steps = 50_000;

    [NeedsSpinFact]
    public void The_model_pins_unpins_splits_and_makes_anew()
    {
        using var spin = new SpinPeer();
        string[] statements = spin.Trace(Steps, seed: 1);
        Assert.Equal(Steps, statements.Length);
        int Count(string statement) => statements.Count(s => s == statement);
        int pins = Count("pincount[folio] = (pincount[folio]+1)"), frozen = Count("refcount[0] = 0"), made = Count("free = 0");
        Assert.True(pins > Steps / 200, $"{pins} pins");
        Assert.InRange(Count("pincount[folio] = (pincount[folio]-1)"), pins - 2, pins);
        Assert.True(frozen > Steps / 4000, $"{frozen} splits");
        Assert.True(made >= frozen, $"{made} folios made anew, {frozen} split");
        Assert.True(Count("goto put") > 0, "a reference too many prevents a split now and then");
        // Two thirds of what it calls steps are accesses and conditions.
        Assert.InRange((double)statements.Count(SpinOutput.IsJump) / Steps, 0.2, 0.5);
    }

    [NeedsSpinFact]
    public void A_measurement_counts_the_steps_asked_for()
    {
        using var spin = new SpinPeer();
        Sample sample = spin.Measure(160_000, seed: 1);
        Assert.Equal(160_000, sample.Steps);
        Assert.StartsWith("SPIN ", spin.Version, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => spin.Measure(0, seed: 1));
    }

    [Fact]
    public void Where_it_is_missing_it_says_what_to_install() =>
        Assert.Contains("apt-get install spin", Assert.Throws<PeerException>(() => new SpinPeer("no-such-spin")).Message, StringComparison.Ordinal);
}
