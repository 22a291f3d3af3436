namespace StressFarm.Exploration.Schedules;

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
    /// <param name="walk">the random walk</param>
    public static Pilot Of(Cell cell, ScheduleRunner runner, Programme programme, Strategy walk)
    {
        int cpus = 1, steps = 1;
        for (ulong seed = 0; seed < Schedules; seed++)
        {
            programme.Compose(cell.Workload, runner.Machine.Geometry, seed, cell.FixedParameters);
            runner.Run(programme, cell.Policy, walk, seed);
            cpus = Math.Max(cpus, runner.Machine.StepperCount); // CPUs, and what lets their stores out
            steps = Math.Max(steps, runner.ChoiceCount);
        }
        return new Pilot(cpus, steps);
    }
}
