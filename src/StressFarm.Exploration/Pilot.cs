namespace StressFarm.Exploration;

/// <summary>How large a cell's schedules are: what PCT needs to place its priority changes.</summary>
/// <param name="Cpus">n: most CPUs of any pilot schedule</param>
/// <param name="Steps">k: most concurrent steps of any pilot schedule</param>
public readonly record struct Pilot(int Cpus, int Steps)
{
    /// <summary>Pilot schedules: seeds 0 to 63 of the cell, under the random walk, whatever seeds are then explored.</summary>
    public const int Schedules = 64;

    /// <summary>
    /// The maximum and not the mean: PCT's bound holds for every schedule of at most k steps. A pure function of the cell.
    /// </summary>
    public static Pilot Of(Cell cell, ScheduleRunner runner, Programme programme)
    {
        var strategy = new RandomWalk();
        int cpus = 1, steps = 1;
        for (ulong seed = 0; seed < Schedules; seed++)
        {
            programme.Compose(cell.Workload, runner.Machine.Geometry, seed, cell.FixedParameters);
            runner.Run(programme, cell.Policy, strategy, seed);
            cpus = Math.Max(cpus, runner.Machine.StepperCount); // CPUs, and what lets their stores out
            steps = Math.Max(steps, runner.ChoiceCount);
        }
        return new Pilot(cpus, steps);
    }
}

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
