namespace StressFarm.Benchmarks;

/// <summary>
/// Schedules of <see cref="GupSplit"/>: control, all invariants, random walk. Everything counts against the rate: composing,
/// set-up, audits and teardown of each schedule.
/// </summary>
public sealed class GupSplitBatch
{
    private static readonly Dictionary<string, int> s_none = [];
    private readonly GupSplit _workload = new();
    private readonly Programme _programme = new();
    private readonly RandomWalk _strategy = new();
    private ulong _seed;

    public ScheduleRunner Runner { get; } = new(new Machine(new Geometry()));

    /// <summary>The schedule of the next seed.</summary>
    /// <exception cref="PeerException">it was not clean, and no measure of a protocol that works</exception>
    public ScheduleResult Next()
    {
        _seed++;
        _programme.Compose(_workload, Runner.Machine.Geometry, _seed, s_none);
        ScheduleResult result = Runner.Run(_programme, Policy.Control, _strategy, _seed);
        if (result.End != ScheduleEnd.Done) throw new PeerException($"StressFarm: seed {_seed} of {_workload.Id} ended {result.End}: {Runner.Machine.Violation}");
        return result;
    }

    /// <summary>Runs the next schedules; their steps.</summary>
    public long Run(int schedules)
    {
        long steps = 0;
        for (int i = 0; i < schedules; i++) steps += Next().Steps;
        return steps;
    }
}
