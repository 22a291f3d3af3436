using StressFarm.Exploration.Exhaustive;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Replays;

namespace StressFarm.Exploration.Evidence;

/// <summary>
/// Turns what a search found into a finding: the programme of its number is searched again, its shortest schedule to the flaw is looked for,
/// and what it does not need is taken out of it.
/// </summary>
public sealed class SearchWorkup(SearchExecutor executor)
{
    /// <summary>One for each size of machine that was asked for.</summary>
    private readonly Dictionary<Geometry, FindingWorkup> _workups = [];

    /// <summary>Works up the occurrence of <paramref name="raw"/> in the programme of its lowest number.</summary>
    public Finding Work(Cell cell, RawFinding raw, CancellationToken cancellation = default)
    {
        int number = (int)raw.LowestSeed;
        SeenFlaw? flaw = executor.Search(cell, number, cancellation).Flaws.Values.FirstOrDefault(f => f.Signature == RawSignature.Of(raw));
        if (flaw is null) return FindingWorkup.Lost(cell, raw);
        // Another schedule may break the same with other operations: the finding is to be the one that was counted.
        return Write(cell, raw, number, executor.Shorten(cell, number, flaw, cancellation), cancellation)
            ?? Write(cell, raw, number, flaw.Schedule, cancellation) ?? FindingWorkup.Lost(cell, raw);
    }

    /// <summary>Null when the schedule violates something else.</summary>
    private Finding? Write(Cell cell, RawFinding raw, int number, byte[] schedule, CancellationToken cancellation)
    {
        if (!_workups.TryGetValue(cell.Geometry, out FindingWorkup? workup)) _workups.Add(cell.Geometry, workup = new(cell.Geometry));
        var scenario = new Scenario(SearchExecutor.CellOf(cell, number), 0, ProgrammeEdits.None, schedule, Fair: false);
        // The finding names the programme of the cell; the token has the programme itself.
        return workup.Work(scenario, cancellation) is { } finding && RawSignature.Of(raw) == new RawSignature(finding.Invariant, finding.Field, finding.Operation, finding.Other)
            ? finding with { Workload = cell.Workload.Id, Strategy = cell.StrategyId, Seed = raw.LowestSeed }
            : null;
    }
}
