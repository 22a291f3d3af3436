using System.Globalization;

namespace StressFarm.Benchmarks;

/// <summary>What became of one workload under one strategy in all rounds.</summary>
public sealed class ComparedCell(string workload, string strategy)
{
    public string Workload => workload;
    public string Strategy => strategy;
    /// <summary>This build's steps per second of processor time over the other's, one a round.</summary>
    public List<double> Ratios { get; } = [];
    /// <summary>This build's rate with two threads over that with one, by the clock, one a round; of one strategy.</summary>
    public List<double> Scalings { get; } = [];
    /// <summary>A round in which equal work gave two digests.</summary>
    public string? Difference { get; set; }
}

/// <summary>
/// Two builds on the same work, in turn: each round starts a process for either, and in it every cell is sampled by turns, so that a machine
/// that grows slower or faster meanwhile says nothing about either.
/// </summary>
/// <param name="mine">starts a sampler of this build</param>
/// <param name="other">starts one of the other</param>
public sealed class Comparison(Func<ISampler> mine, Func<ISampler> other)
{
    /// <summary>The strategies that are compared.</summary>
    public static readonly string[] Strategies = ["random", "portfolio"];
    private const string Scaled = "random";
    private const int WarmUp = 60;
    private const double SampleSeconds = 0.03;
    private const int Quads = 5;

    /// <summary>Rounds, and so pairs of each cell.</summary>
    public int Rounds { get; init; } = 9;
    public IReadOnlyList<string> Workloads { get; init; } = [.. Catalog<Workload>.Ids];
    public IReadOnlyList<ComparedCell> Cells { get; private set; } = [];

    /// <param name="progress">told after each round</param>
    public void Run(TextWriter progress)
    {
        Cells = [.. Workloads.SelectMany(w => Strategies.Select(s => new ComparedCell(w, s)))];
        for (int round = 1; round <= Rounds; round++)
        {
            // Who starts first is the other one's turn every second round.
            using ISampler first = round % 2 == 1 ? mine() : other();
            using ISampler second = round % 2 == 1 ? other() : mine();
            (ISampler ours, ISampler theirs) = round % 2 == 1 ? (first, second) : (second, first);
            foreach (ComparedCell cell in Cells) Sample(cell, ours, theirs, round);
            progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round} of {Rounds}: geometric mean {GeometricMean(Cells.Select(c => c.Ratios[^1])):F3}"));
        }
    }

    private static void Sample(ComparedCell cell, ISampler mine, ISampler others, int round)
    {
        int threads = cell.Strategy == Scaled ? 2 : 1;
        mine.Open(cell.Workload, cell.Strategy, threads, WarmUp);
        others.Open(cell.Workload, cell.Strategy, threads, WarmUp);
        Turn sized = mine.Run(WarmUp);
        others.Run(WarmUp);
        int count = Math.Max(20, (int)(WarmUp * SampleSeconds / Math.Max(sized.Seconds, 1e-4)));
        cell.Ratios.Add(MedianOfQuads(() => mine.Run(count).Rate, () => others.Run(count).Rate));
        Turn a = mine.Run(WarmUp), b = others.Run(WarmUp);
        if (a.Digest != b.Digest || a.Steps != b.Steps)
            cell.Difference ??= string.Create(CultureInfo.InvariantCulture, $"round {round}: {a.Digest:x16} here, {b.Digest:x16} there");
        if (threads == 1) return;
        mine.Run(WarmUp, threads);
        cell.Scalings.Add(MedianOfQuads(() => mine.Run(count, threads).ClockRate, () => mine.Run(count).ClockRate));
    }

    /// <summary>The ratio of two rates, each taken twice in the order one, other, other, one; the median of several such quads, since a neighbour's burst spoils one.</summary>
    private static double MedianOfQuads(Func<double> one, Func<double> other)
    {
        var ratios = new double[Quads];
        for (int i = 0; i < Quads; i++)
        {
            double a = one(), b = other(), c = other(), d = one();
            ratios[i] = (1 / b + 1 / c) / (1 / a + 1 / d);
        }
        return MedianInterval.Of(ratios).Median;
    }

    /// <summary>The geometric mean over cells, round by round.</summary>
    public MedianInterval MeanOf(Func<ComparedCell, bool> which) =>
        MedianInterval.Of(Enumerable.Range(0, Rounds).Select(round => GeometricMean(Cells.Where(which).Select(c => c.Ratios[round]))));

    private static double GeometricMean(IEnumerable<double> values) => Math.Exp(values.Select(v => Math.Log(v)).Average());
}
