using StressFarm.Exploration.Records;
using StressFarm.Exploration.Shards;

namespace StressFarm.Exploration.Trials;

/// <summary>What became of a mutant.</summary>
public enum MutantFate : byte
{
    /// <summary>An invariant fired.</summary>
    Killed,
    /// <summary>A protocol threw before any invariant fired: seen, but by no invariant.</summary>
    Threw,
    /// <summary>It changed schedules, and nothing was noticed.</summary>
    Survived,
    /// <summary>Every schedule was what it is without it: the step was not reached, or writes nothing that was not there.</summary>
    NoEffect,
}

/// <summary>A mutant: control with the writes of one step dropped.</summary>
/// <param name="Invariant">that killed it; null otherwise</param>
/// <param name="Workload">in which that was; null when none</param>
/// <param name="Steps">run until then</param>
public sealed record MutantRow(Step Step, MutantFate Fate, string? Invariant, string? Workload, long Steps);

/// <summary>
/// Drops the writes of each step once and asks whether an invariant notices (K-10). A pure function of the workloads and the budget.
/// Not thread safe: one for each thread.
/// </summary>
public sealed class MutationTrial(Geometry geometry, IReadOnlyList<Workload> workloads, long budget)
{
    private const string Strategy = "portfolio";
    private const int Block = 48;
    private const int PatienceBlocks = 20;
    private static readonly Dictionary<string, int> s_none = [];

    private readonly ShardExecutor _executor = new(geometry);

    /// <summary>The steps that a mutant can be made of.</summary>
    public static IEnumerable<Step> Steps => Enum.GetValues<Step>().Where(s => s is not (Step.None or Step.Start or Step.Idle));

    /// <summary>Runs a mutant in all the workloads, a few schedules of each and then more, until it is noticed.</summary>
    public MutantRow Try(Step step, CancellationToken cancellation = default)
    {
        long steps = 0;
        bool changed = false;
        string? threw = null;
        Policy mutant = Policy.Control with { Dropped = step };
        // Small helpings first: most mutants are noticed at once where their step is taken at all.
        for (ulong seed = 1; steps < budget * workloads.Count; seed += Block)
        {
            foreach (Workload workload in workloads)
            {
                ShardRecord control = _executor.Run(CellOf(Policy.Control, workload), seed, Block, cancellation);
                Helping helping = Serve(CellOf(mutant, workload), seed, cancellation);
                steps += helping.Steps;
                if (helping.Invariant is { } invariant) return new(step, MutantFate.Killed, invariant, workload.Id, steps);
                if (helping.Threw) (threw, steps) = (threw ?? workload.Id, steps + control.Steps);
                changed |= helping.Digest != control.Digest;
            }
            // What has had no effect in so many schedules of every workload is not waited for.
            if (!changed && seed > PatienceBlocks * Block) break;
        }
        return new(step, threw is not null ? MutantFate.Threw : changed ? MutantFate.Survived : MutantFate.NoEffect, null, threw, steps);
    }

    private readonly record struct Helping(string? Invariant, ulong Digest, long Steps, bool Threw);

    /// <summary>A block of schedules; one by one when a protocol throws in one of them, since the others may still tell something.</summary>
    private Helping Serve(Cell cell, ulong seed, CancellationToken cancellation)
    {
        try
        {
            ShardRecord record = _executor.Run(cell, seed, Block, cancellation);
            return new(record.Findings.MinBy(f => f.LowestSeed)?.Invariant, record.Digest, record.Steps, false);
        }
        catch (ModelDefectException)
        {
            long steps = 0;
            for (ulong i = 0; i < Block; i++)
            {
                try
                {
                    ShardRecord one = _executor.Run(cell, seed + i, 1, cancellation);
                    steps += one.Steps;
                    if (one.Findings.Count > 0) return new(one.Findings[0].Invariant, 0, steps, true);
                }
                catch (ModelDefectException)
                {
                    // This schedule says nothing; the next one may.
                }
            }
            return new(null, 0, steps, true);
        }
    }

    private Cell CellOf(Policy policy, Workload workload) => new(policy, workload, Strategy, geometry, s_none);
}
