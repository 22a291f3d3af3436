namespace StressFarm.Benchmarks;

/// <summary>Steps per second of processor time of each tool within one round.</summary>
public readonly record struct PeerRound(double StressFarm, double Spin, double Coyote)
{
    public double OverSpin => StressFarm / Spin;
    public double OverCoyote => StressFarm / Coyote;
}

/// <summary>What the rounds gave.</summary>
/// <param name="SpinVersion">what SPIN calls itself</param>
/// <param name="SpinJumps">share of SPIN's steps that only go somewhere else in the model</param>
public sealed record PeerComparison(IReadOnlyList<PeerRound> Rounds, string SpinVersion, double SpinJumps)
{
    /// <summary>So many that the interval of the median leaves out the fastest and the slowest.</summary>
    public const int LeastRounds = 9;

    private const int Schedules = 1000, CoyoteIterations = 2;
    private const long SpinSteps = 2_400_000;

    public MedianInterval OverSpin => MedianInterval.Of(Rounds.Select(r => r.OverSpin));
    /// <summary>As <see cref="OverSpin"/>, had SPIN not counted its jumps.</summary>
    public MedianInterval OverSpinWithoutJumps => MedianInterval.Of(Rounds.Select(r => r.OverSpin / (1 - SpinJumps)));
    public MedianInterval OverCoyote => MedianInterval.Of(Rounds.Select(r => r.OverCoyote));

    /// <summary>
    /// Runs the same protocol in the three tools by turns. In each round StressFarm has a turn before and one after SPIN, so
    /// that a machine that grows slower or faster changes the ratio little.
    /// </summary>
    /// <param name="rounds">a round takes about a second and a half</param>
    /// <exception cref="PeerException">SPIN is not installed, or a tool did not do what was asked</exception>
    public static PeerComparison Measure(int rounds = LeastRounds)
    {
        using var spin = new SpinPeer();
        var farm = new GupSplitBatch();
        string[] statements = spin.Trace(50_000, seed: 1);
        double jumps = (double)statements.Count(SpinOutput.IsJump) / statements.Length;
        farm.Run(4 * Schedules);
        CoyotePeer.Run(1, seed: 1);
        var measured = new List<PeerRound>(rounds);
        for (int round = 1; round <= rounds; round++)
        {
            Sample first = Sample.Of(() => farm.Run(Schedules));
            Sample spun = spin.Measure(SpinSteps, round);
            Sample second = Sample.Of(() => farm.Run(Schedules));
            Sample explored = CoyotePeer.Run(CoyoteIterations, (uint)round);
            measured.Add(new((first + second).Rate, spun.Rate, explored.Rate));
        }
        return new(measured, spin.Version, jumps);
    }
}
