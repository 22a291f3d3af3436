using System.Globalization;
using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Shards;

namespace StressFarm.Campaigns.Engines;

/// <summary>Names the cell and the seed of a schedule that made the model itself fail.</summary>
internal static class FailureLocator
{
    /// <summary>Runs a failed shard again seed by seed: schedules are pure, so the one that failed fails again.</summary>
    public static CampaignFault Locate(ICampaignEngine engine, PlannedCell cell, Shard shard, GenerationInput? input, Exception failure)
    {
        if (failure is ModelDefectException known) return Describe(cell, known.Seed, known.InnerException ?? known, "the model failed");
        if (cell.Section is not null) return Describe(cell, shard.FirstSeed, failure, string.Create(CultureInfo.InvariantCulture, $"epoch {shard.Number} failed"));
        ICampaignWorker worker = engine.CreateWorker();
        for (int i = 0; i < shard.Count; i++)
        {
            ulong seed = shard.FirstSeed + (ulong)i;
            try
            {
                worker.Run(cell.Cell, seed, 1, input, CancellationToken.None);
            }
            catch (Exception e)
            {
                if (e is ModelDefectException { InnerException: { } inner }) e = inner;
                return Describe(cell, seed, e, "the model failed");
            }
        }
        return Describe(cell, shard.FirstSeed, failure, string.Create(CultureInfo.InvariantCulture,
            $"the model failed once in the {shard.Count} schedules from this seed on, and not when each was run again"));
    }

    /// <summary>The same for what is no exception.</summary>
    public static string Describe(PlannedCell cell, ulong seed, string what, string how) => string.Create(CultureInfo.InvariantCulture,
        $"{how}: {cell.Policy.Name} × {cell.Workload.Id} × {cell.Cell.StrategyId}{(cell.Section is { } section ? $", {section.Name}" : "")}, seed {seed}: {what}");

    public static CampaignFault Describe(PlannedCell cell, ulong seed, Exception e, string what)
    {
        string place = e.StackTrace?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";
        int source = place.IndexOf(" in ", StringComparison.Ordinal);
        if (source >= 0) place = place[..source];
        return new CampaignFault(Describe(cell, seed, $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} {place}".TrimEnd(), what), e);
    }
}
