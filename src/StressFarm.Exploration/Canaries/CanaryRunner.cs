using StressFarm.Exploration.Records;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Shards;

namespace StressFarm.Exploration.Canaries;

/// <summary>
/// Runs canaries, always on the same machine, whatever that of the campaign is. One per worker; not thread safe.
/// </summary>
/// <param name="geometry">of the worker's own machine</param>
/// <param name="executor">the worker's: taken when its machine is the one that canaries need; its shards do not notice</param>
public sealed class CanaryRunner(Geometry geometry, ShardExecutor executor)
{
    /// <summary>
    /// Schedules after which a canary is missed. Each of those on the list shows in every second schedule or more often, so
    /// that one which is missed by chance is not to be expected in any campaign.
    /// </summary>
    public const int MostSchedules = 64;

    /// <summary>The machine of every canary.</summary>
    internal static Geometry Geometry { get; } = new();

    private ShardExecutor Executor => field ??= geometry == Geometry ? executor : new ShardExecutor(Geometry);

    /// <summary>Runs schedules until the canary is caught.</summary>
    /// <exception cref="OperationCanceledException">cancelled between two schedules; nothing came of it</exception>
    /// <exception cref="ModelDefectException">nothing is planted, and a protocol of the model threw</exception>
    public CanaryRecord Run(CanaryOrder order, CancellationToken cancellation = default)
    {
        Canary canary = order.Canary;
        Cell cell = canary.CellOf(order.Planted);
        // By the twin's pilot: that of a fault which shows at once would say nothing about the length of a schedule.
        Strategy strategy = Executor.Prepare(canary.CellOf(planted: false));
        long steps = 0;
        bool other = false;
        for (int i = 0; i < MostSchedules; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                (ScheduleResult result, Violation? violation) = Executor.RunAside(cell, strategy, order.FirstSeed + (ulong)i);
                steps += result.Steps;
                if (violation is null) continue;
                if (canary.Invariants.Contains(violation.Invariant.Id)) return Record(i + 1, i + 1);
            }
            catch (ModelDefectException) when (order.Planted)
            {
                // A protocol with a fault in it may trip over it; that is noticed, but not by an invariant.
            }
            other = true;
        }
        return Record(MostSchedules, null);

        CanaryRecord Record(int schedules, int? caughtAt) => new(canary.Id, canary.KindName, schedules, steps, caughtAt, other);
    }
}
