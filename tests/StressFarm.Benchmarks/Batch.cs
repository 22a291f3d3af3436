namespace StressFarm.Benchmarks;

/// <summary>A machine that runs blocks of a workload's schedules under control and the random walk.</summary>
public sealed class Batch
{
    private static readonly Dictionary<string, int> s_none = [];
    private readonly ScheduleRunner _runner = new(new Machine(new Geometry()));
    private readonly Programme _programme = new();
    private readonly Strategy _strategy;
    private readonly Workload _workload;

    public Batch(string workload, bool judged, string strategy = "random")
    {
        _workload = Catalog<Workload>.Find(workload) ?? throw new ArgumentException($"unknown workload '{workload}'", nameof(workload));
        _runner.Machine.Judge.Enabled = judged;
        var cell = new Cell(Policy.Control, _workload, strategy, _runner.Machine.Geometry, s_none);
        _strategy = new ShardExecutor(_runner.Machine.Geometry).Prepare(cell);
    }

    /// <summary>The digests of all schedules so far, in order: equal work gives an equal one.</summary>
    public ulong Digest { get; private set; }

    /// <summary>Runs the schedules of seeds [1, count]; their steps.</summary>
    public long Run(int count)
    {
        long steps = 0;
        for (ulong seed = 1; seed <= (ulong)count; seed++)
        {
            _programme.Compose(_workload, _runner.Machine.Geometry, seed, s_none);
            ScheduleResult result = _runner.Run(_programme, Policy.Control, _strategy, seed);
            steps += result.Steps;
            Digest = Pcg.Mix(Digest ^ result.Digest);
        }
        return steps;
    }
}
