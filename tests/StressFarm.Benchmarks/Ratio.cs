namespace StressFarm.Benchmarks;

/// <summary>
/// The median of paired ratios and an interval for it that assumes nothing about how they are spread: of n sorted ratios the k-th
/// from either end, with the largest k whose coverage by the binomial distribution is 95 % or more (n = 9: the 2nd to the 8th).
/// </summary>
public readonly record struct Ratio(double Median, double Low, double High, double Coverage)
{
    /// <summary>Fewer pairs have no interval of 95 %.</summary>
    public const int FewestPairs = 6;
    private const double Wanted = 0.95;

    /// <param name="ratios">at least <see cref="FewestPairs"/></param>
    public static Ratio Of(IEnumerable<double> ratios)
    {
        double[] sorted = [.. ratios.Order()];
        int n = sorted.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(n, FewestPairs, nameof(ratios));
        int cut = 0;
        double coverage = CoverageOf(n, 0);
        while (CoverageOf(n, cut + 1) is var next && next >= Wanted) (cut, coverage) = (cut + 1, next);
        return new(MedianOf(sorted), sorted[cut], sorted[n - 1 - cut], coverage);
    }

    /// <param name="sorted">not empty</param>
    public static double MedianOf(double[] sorted) =>
        sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;

    /// <summary>The probability that the median lies between the values at <paramref name="cut"/> and at n - 1 - cut of the sorted ones.</summary>
    private static double CoverageOf(int n, int cut)
    {
        // 1 - 2 P(X <= cut), X ~ Bin(n, 1/2).
        double choose = 1, below = 0;
        for (int i = 0; i <= cut; i++)
        {
            below += choose;
            choose = choose * (n - i) / (i + 1);
        }
        return 1 - 2 * below / Math.Pow(2, n);
    }
}
