using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Replays;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Shards;
using StressFarm.Exploration.Shrinking;
using StressFarm.Exploration.Soak;

namespace StressFarm.Exploration.Evidence;

/// <summary>
/// Turns the lowest occurrence of a violation into a finding: replay, shrink, silencer, evidence. A pure function of the
/// cell and the occurrence; of a soak, of the checkpoint before it too; where the strategy is feedback, of its generation's input.
/// </summary>
public sealed class FindingWorkup(Geometry geometry)
{
    private readonly ShardExecutor _executor = new(geometry);
    private readonly ScenarioRunner _runner = new(geometry);
    private SoakExecutor? _soak;

    /// <summary>Works up the occurrence of <paramref name="raw"/> at its lowest seed.</summary>
    public Finding Work(Cell cell, RawFinding raw, CancellationToken cancellation = default) => Work(cell, raw, null, cancellation);

    /// <summary>Works up the occurrence of <paramref name="raw"/> at its lowest seed.</summary>
    /// <param name="input">what the generation of that seed knew, where the strategy is feedback; nothing when null</param>
    public Finding Work(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return Reproduce(cell, raw, input, null, cancellation) ?? Lost(cell, raw);
    }

    /// <summary>Works up a schedule that somebody else found, by its choices; null when it violates nothing.</summary>
    public Finding? Work(Scenario scenario, CancellationToken cancellation = default)
    {
        _runner.Run(scenario);
        if (_runner.Signature is not { } signature) return null;
        return new Shrinker(_runner, signature, cancellation).Shrink(scenario with { Choices = [.. _runner.Choices] }) is { } reproducer
            ? FindingWriter.Write(_runner, reproducer.Scenario) : null;
    }

    /// <summary>The finding of a schedule that is not to be made smaller: of its whole programme; null when it violates nothing.</summary>
    public Finding? WriteAsIs(Scenario scenario) => FindingWriter.Write(_runner, scenario);

    /// <summary>
    /// Works up an occurrence in a soak. Where its seed alone shows it, on pristine memory, the section's history has nothing to
    /// do with it; otherwise the memory that its schedule began on is part of the reproducer.
    /// </summary>
    /// <param name="before">the checkpoint before the occurrence's epoch; null when that is the first one</param>
    public Finding Work(SoakSection section, RawFinding raw, Checkpoint? before, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        _soak ??= new SoakExecutor(geometry, _executor);
        Cell cell = _soak.LifeOf(section).Cell;
        if (Reproduce(cell, raw, null, null, cancellation) is { } pristine) return pristine;
        if (raw.Soak is not { } place) return Lost(cell, raw);
        StartState start = _soak.Before(section, place.Epoch, before, raw.LowestSeed, cancellation);
        return Reproduce(cell, raw, null, start, cancellation) ?? Lost(cell, raw);
    }

    /// <summary>Runs the seed once more as it was run, and makes what recurs small; null when it does not recur.</summary>
    private Finding? Reproduce(Cell cell, RawFinding raw, GenerationInput? input, StartState? start, CancellationToken cancellation)
    {
        Strategy strategy = _executor.Prepare(cell, input);
        ulong programmeSeed = strategy.ProgrammeSeed(raw.LowestSeed);
        var scenario = new Scenario(cell, programmeSeed, ProgrammeEdits.None, [], strategy.Fair) { Start = start };
        _runner.Run(scenario, strategy, raw.LowestSeed);
        if (_runner.Signature != RawSignature.Of(raw)) return null;
        var shrinker = new Shrinker(_runner, RawSignature.Of(raw), cancellation);
        if (shrinker.Shrink(scenario with { Choices = [.. _runner.Choices], Fair = strategy.Fair }) is not { } reproducer) return null;
        // The finding names the schedule of the cell; the token has the seed of the programme that it ran.
        return FindingWriter.Write(_runner, reproducer.Scenario) is { } finding ? finding with { Seed = raw.LowestSeed } : null;
    }

    /// <summary>The same seed did not violate again: the simulator is at fault, and says so.</summary>
    internal static Finding Lost(Cell cell, RawFinding raw) => new(
        "F-000000", FindingWriter.SignatureText(RawSignature.Of(raw), ""), raw.Invariant,
        Catalog<Invariant>.Find(raw.Invariant)?.Severity.ToString() ?? Severity.Wrong.ToString(), raw.Field, raw.Operation, raw.Other, "",
        PolicyName.Of(cell.Policy), cell.Workload.Id, cell.StrategyId, raw.LowestSeed, 0, 0, 0,
        "the violation did not recur at its own seed: a defect of the simulator, not a result", null, [], [], "");
}
