using StressFarm.Campaigns.Plans;

namespace StressFarm.Campaigns.Tallies;

/// <summary>Which shards of a plan can be begun, by what is in the tally.</summary>
public static class ShardReadiness
{
    /// <summary>
    /// What the shard needs of others' results is in the tally. An epoch needs the one before it. A shard of a generation needs
    /// all the generations before the last one, in all cells; the last one may still be under way, so that nobody waits for its
    /// slowest shard.
    /// </summary>
    public static bool IsReady(this CampaignPlan plan, Shard shard, CampaignTally tally)
    {
        if (plan.Cells[shard.Cell].Section is not null) return shard.Number == 0 || tally.Has(plan.IndexOf(shard.Cell, shard.Number - 1));
        return !plan.Spec.HasGenerations || tally.Prefix >= NeededBy(plan, plan.GenerationOf(shard.Number));
    }

    /// <summary>How far the prefix must reach for a generation to begin.</summary>
    private static long NeededBy(CampaignPlan plan, long generation) => generation < 2 ? 0 : (generation - 1) * plan.Spec.GenerationShards * plan.Cells.Count;
}
