using System.Globalization;

namespace StressFarm.Campaigns;

/// <summary>Names the cell and the seed of a schedule that made the model itself fail.</summary>
internal static class FailureLocator
{
    /// <summary>Runs a failed shard again seed by seed: schedules are pure, so the one that failed fails again.</summary>
    public static CampaignFault Locate(ICampaignEngine engine, PlannedCell cell, Shard shard, Exception failure)
    {
        ICampaignWorker worker = engine.CreateWorker();
        for (int i = 0; i < shard.Count; i++)
        {
            ulong seed = shard.FirstSeed + (ulong)i;
            try
            {
                worker.Run(cell.Cell, seed, 1, CancellationToken.None);
            }
            catch (Exception e)
            {
                return Describe(cell, seed, e, "the model failed");
            }
        }
        return Describe(cell, shard.FirstSeed, failure, string.Create(CultureInfo.InvariantCulture,
            $"the model failed once in the {shard.Count} schedules from this seed on, and not when each was run again"));
    }

    public static CampaignFault Describe(PlannedCell cell, ulong seed, Exception e, string what)
    {
        string place = e.StackTrace?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";
        int source = place.IndexOf(" in ", StringComparison.Ordinal);
        if (source >= 0) place = place[..source];
        return new CampaignFault(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {cell.Policy.Name} × {cell.Workload.Id} × {cell.Cell.StrategyId}, seed {seed}: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} {place}").TrimEnd(), e);
    }
}
