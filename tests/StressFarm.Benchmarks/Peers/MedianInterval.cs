namespace StressFarm.Benchmarks;

/// <summary>The median of repeated measurements, and two of them between which the true median lies: no distribution is assumed.</summary>
/// <param name="Coverage">the probability that [Low, High] contains the true median</param>
public readonly record struct MedianInterval(double Median, double Low, double High, double Coverage)
{
    /// <summary>The narrowest interval of order statistics, equally far from both ends, that covers 95 %; the whole range when none does.</summary>
    public static MedianInterval Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int n = sorted.Length;
        if (n == 0) throw new ArgumentException("no measurements", nameof(values));
        int rank = 1;
        while (2 * (rank + 1) <= n && CoverageOf(n, rank + 1) >= 0.95) rank++;
        double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        return new(median, sorted[rank - 1], sorted[n - rank], CoverageOf(n, rank));
    }

    /// <summary>P(at least rank and at most n - rank of n fair coins are heads).</summary>
    private static double CoverageOf(int n, int rank)
    {
        double ways = 1, outside = 0; // of i heads
        for (int i = 0; i < rank; i++)
        {
            outside += ways;
            ways = ways * (n - i) / (i + 1);
        }
        return 1 - 2 * outside / Math.Pow(2, n);
    }
}
