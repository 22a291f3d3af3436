using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Shards;

namespace StressFarm.Exploration.Trials;

/// <summary>A known bug looked for from one first seed on.</summary>
/// <param name="Raw">the first violation of an invariant that must catch it, or of any where none may fire; null when the budget ended before</param>
/// <param name="Schedules">run until then, that one included</param>
/// <param name="Steps">of those schedules</param>
public sealed record BugSighting(ulong FirstSeed, RawFinding? Raw, long Schedules, long Steps);

/// <summary>A known bug under one strategy, from several first seeds.</summary>
public sealed record BugTrialRow(KnownBug Bug, string Strategy, Checks Checks, IReadOnlyList<BugSighting> Sightings)
{
    /// <summary>What must be: caught from every seed, or a false alarm that nothing fires for.</summary>
    public bool Passed => Bug.IsFalseAlarm ? !Found.Any() : Found.Count() == Sightings.Count;
    public IEnumerable<BugSighting> Found => Sightings.Where(s => s.Raw is not null);
    /// <summary>The invariants that caught it, sorted.</summary>
    public IEnumerable<string> Invariants => Found.Select(s => s.Raw!.Invariant).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>Lowest, median (of an even count the lower one) and highest of what the sightings took.</summary>
    public (long Low, long Median, long High) Range(Func<BugSighting, long> of)
    {
        long[] values = [.. Found.Select(of).Order()];
        return values.Length == 0 ? default : (values[0], values[(values.Length - 1) / 2], values[^1]);
    }
}

/// <summary>
/// Puts the detector on trial: plants a known bug in its design and counts what it takes to be caught. A pure function of the bug,
/// the strategy and the seeds. Not thread safe: one for each thread.
/// </summary>
public sealed class BugTrial(Geometry geometry)
{
    /// <summary>Seeds between two first seeds: more than a budget lets a sighting use.</summary>
    public const ulong Spacing = 1_000_000;
    private const int Block = 64;

    private readonly ShardExecutor _executor = new(geometry);
    private readonly FindingWorkup _workup = new(geometry);

    /// <param name="checks">with the kernel's own debug checks, or as a production kernel is (K-11)</param>
    public BugTrialRow Try(KnownBug bug, string strategy, int firstSeeds, long budget, Checks checks = Checks.On, CancellationToken cancellation = default)
    {
        Cell cell = CellOf(bug, strategy, checks);
        return new(bug, strategy, checks, [.. Enumerable.Range(0, firstSeeds).Select(i => Look(cell, bug, 1 + (ulong)i * Spacing, budget, cancellation))]);
    }

    /// <summary>The shortest of the shrunk schedules of a row's sightings; null when there is none.</summary>
    public Finding? Shortest(BugTrialRow row, CancellationToken cancellation = default)
    {
        Cell cell = CellOf(row.Bug, row.Strategy, row.Checks);
        return row.Found.Select(s => _workup.Work(cell, s.Raw!, cancellation)).Where(f => f.Recurred)
            .OrderBy(f => f.Length).ThenBy(f => f.Switches).ThenBy(f => f.Seed).FirstOrDefault();
    }

    private BugSighting Look(Cell cell, KnownBug bug, ulong first, long budget, CancellationToken cancellation)
    {
        long schedules = 0, steps = 0;
        while (steps < budget)
        {
            ulong seed = first + (ulong)schedules;
            ShardRecord record = _executor.Run(cell, seed, Block, cancellation);
            RawFinding? caught = record.Findings.Where(f => bug.IsFalseAlarm || bug.Invariants.Contains(f.Invariant)).MinBy(f => f.LowestSeed);
            if (caught is null)
            {
                (schedules, steps) = (schedules + record.Schedules, steps + record.Steps);
                continue;
            }
            // Once more up to that schedule, to know what it took.
            ShardRecord until = _executor.Run(cell, seed, (int)(caught.LowestSeed - seed) + 1, cancellation);
            return new(first, caught, schedules + until.Schedules, steps + until.Steps);
        }
        return new(first, null, schedules, steps);
    }

    private Cell CellOf(KnownBug bug, string strategy, Checks checks) =>
        new(bug.Plant(Policy.Control) with { Checks = checks }, Catalog<Workload>.Find(bug.Workload)!, strategy, geometry, new Dictionary<string, int>());
}
