namespace StressFarm.Exploration.Strategies;

/// <summary>
/// PCT's guarantee: N schedules find a bug of depth d with probability at least 1 - (1 - 1/(n·k^(d-1)))^N, if the bug is
/// within reach of each of them and none has more than n CPUs or k steps.
/// </summary>
/// <param name="Cpus">n</param>
/// <param name="Steps">k, of the cell's pilot</param>
/// <param name="Depth">d</param>
public sealed record PctBound(int Cpus, int Steps, int Depth)
{
    /// <summary>The probability for one schedule.</summary>
    public double PerSchedule => 1 / (Cpus * Math.Pow(Steps, Depth - 1));

    /// <summary>The probability for <paramref name="schedules"/> PCT schedules.</summary>
    public double Of(long schedules)
    {
        double p = PerSchedule;
        return p >= 1 ? (schedules > 0 ? 1 : 0) : 1 - Math.Exp(schedules * LogOneMinus(p));
    }

    // Math has no log1p: for the tiny p of a long schedule 1 - p rounds to 1, and the series is exact enough.
    private static double LogOneMinus(double p) => p > 1e-4 ? Math.Log(1 - p) : -p - p * p / 2 - p * p * p / 3;
}
