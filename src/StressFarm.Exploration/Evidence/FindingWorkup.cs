using StressFarm.Simulation;

namespace StressFarm.Exploration;

/// <summary>
/// Turns the lowest occurrence of a violation into a finding: replay, shrink, silencer, evidence. A pure function of the
/// cell and the occurrence.
/// </summary>
public sealed class FindingWorkup(Geometry geometry)
{
    private readonly ShardExecutor _executor = new(geometry);
    private readonly ScenarioRunner _runner = new(geometry);

    /// <summary>Works up the occurrence of <paramref name="raw"/> at its lowest seed.</summary>
    public Finding Work(Cell cell, RawFinding raw, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Scenario scenario = Repeat(cell, raw.LowestSeed);
        var shrinker = new Shrinker(_runner, RawSignature.Of(raw), cancellation);
        if (shrinker.Shrink(scenario) is not { } reproducer) return Lost(cell, raw);
        return FindingWriter.Write(_runner, reproducer.Scenario) ?? Lost(cell, raw);
    }

    /// <summary>Runs the seed once more as the shard did, and keeps its choices.</summary>
    private Scenario Repeat(Cell cell, ulong seed)
    {
        Strategy strategy = _executor.Prepare(cell);
        _runner.Run(cell, seed, ProgrammeEdits.None, strategy, seed);
        return new Scenario(cell, seed, ProgrammeEdits.None, [.. _runner.Choices], strategy.Fair);
    }

    /// <summary>The same seed did not violate again: the simulator is at fault, and says so.</summary>
    private static Finding Lost(Cell cell, RawFinding raw) => new(
        "F-000000", FindingWriter.SignatureText(RawSignature.Of(raw), ""), raw.Invariant,
        Catalog<Invariant>.Find(raw.Invariant)?.Severity.ToString() ?? Severity.Wrong.ToString(), raw.Field, raw.Operation, raw.Other, "",
        PolicyName.Of(cell.Policy), cell.Workload.Id, cell.StrategyId, raw.LowestSeed, 0, 0, 0,
        "the violation did not recur at its own seed: a defect of the simulator, not a result", null, [], [], "");
}
