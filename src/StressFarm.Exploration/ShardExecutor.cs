using StressFarm.Simulation;

namespace StressFarm.Exploration;

/// <summary>
/// Runs blocks of seeds of any cell of one geometry. One per worker: it owns a machine and is not thread safe.
/// </summary>
public sealed class ShardExecutor(Geometry geometry)
{
    private readonly ScheduleRunner _runner = new(new Machine(geometry));
    private readonly Programme _programme = new();

    /// <summary>Executes the schedules of seeds [first, first + count).</summary>
    /// <exception cref="OperationCanceledException">cancelled between two schedules; nothing is recorded</exception>
    public ShardRecord Run(Cell cell, ulong firstSeed, int count, CancellationToken cancellation = default)
    {
        Strategy strategy = Catalog<Strategy>.Find(cell.StrategyId)!.Fresh();
        var findings = new SortedDictionary<string, RawFinding>(StringComparer.Ordinal);
        ulong digest = 0;
        long steps = 0, violated = 0, cut = 0;
        for (ulong seed = firstSeed; seed < firstSeed + (ulong)count; seed++)
        {
            cancellation.ThrowIfCancellationRequested();
            _programme.Compose(cell.Workload, geometry, seed, cell.FixedParameters);
            ScheduleResult result = _runner.Run(_programme, cell.Policy, strategy, seed);
            digest = Pcg.Mix(digest ^ result.Digest);
            steps += result.Steps;
            if (result.End == ScheduleEnd.Cut) cut++;
            if (_runner.Machine.Violation is not { } v) continue;
            violated++;
            var raw = new RawFinding(v.Invariant.Id, v.Field, v.By.Operation, v.LastWriter.Operation, seed, 1);
            findings[raw.Key] = findings.TryGetValue(raw.Key, out RawFinding? known) ? known with { Count = known.Count + 1 } : raw;
        }
        return new ShardRecord(digest, count, steps, [new ArmCount(strategy.Id, count, steps, violated, cut)], [.. findings.Values], 0, 0);
    }
}
