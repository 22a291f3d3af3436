using StressFarm.Simulation;

namespace StressFarm.Exploration;

/// <summary>
/// Turns the lowest occurrence of a violation into a finding: replay, shrink, silencer, evidence. A pure function of the
/// cell, the occurrence and, where the strategy is feedback, its generation's input.
/// </summary>
public sealed class FindingWorkup(Geometry geometry)
{
    private readonly ShardExecutor _executor = new(geometry);
    private readonly ScenarioRunner _runner = new(geometry);

    /// <summary>Works up the occurrence of <paramref name="raw"/> at its lowest seed.</summary>
    public Finding Work(Cell cell, RawFinding raw, CancellationToken cancellation = default) => Work(cell, raw, null, cancellation);

    /// <summary>Works up the occurrence of <paramref name="raw"/> at its lowest seed.</summary>
    /// <param name="input">what the generation of that seed knew, where the strategy is feedback; nothing when null</param>
    public Finding Work(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Scenario scenario = Repeat(cell, raw.LowestSeed, input);
        var shrinker = new Shrinker(_runner, RawSignature.Of(raw), cancellation);
        if (shrinker.Shrink(scenario) is not { } reproducer) return Lost(cell, raw);
        // The finding names the schedule of the cell; the token has the seed of the programme that it ran.
        return FindingWriter.Write(_runner, reproducer.Scenario) is { } finding ? finding with { Seed = raw.LowestSeed } : Lost(cell, raw);
    }

    /// <summary>Runs the seed once more as the shard did, and keeps its choices.</summary>
    private Scenario Repeat(Cell cell, ulong seed, GenerationInput? input)
    {
        Strategy strategy = _executor.Prepare(cell, input);
        ulong programmeSeed = strategy.ProgrammeSeed(seed);
        _runner.Run(cell, programmeSeed, ProgrammeEdits.None, strategy, seed);
        return new Scenario(cell, programmeSeed, ProgrammeEdits.None, [.. _runner.Choices], strategy.Fair);
    }

    /// <summary>The same seed did not violate again: the simulator is at fault, and says so.</summary>
    private static Finding Lost(Cell cell, RawFinding raw) => new(
        "F-000000", FindingWriter.SignatureText(RawSignature.Of(raw), ""), raw.Invariant,
        Catalog<Invariant>.Find(raw.Invariant)?.Severity.ToString() ?? Severity.Wrong.ToString(), raw.Field, raw.Operation, raw.Other, "",
        PolicyName.Of(cell.Policy), cell.Workload.Id, cell.StrategyId, raw.LowestSeed, 0, 0, 0,
        "the violation did not recur at its own seed: a defect of the simulator, not a result", null, [], [], "");
}
