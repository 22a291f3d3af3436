using StressFarm.Exploration;

namespace StressFarm.Campaigns;

/// <summary>Does a piece of a campaign's work, the same on this machine's threads and on a silo's.</summary>
public sealed class Workbench(CampaignPlan plan, ICampaignEngine engine)
{
    /// <summary>Runs a shard.</summary>
    /// <exception cref="CampaignFault">the model failed; names the cell and the seed</exception>
    public ShardRecord Run(ICampaignWorker worker, Shard shard, CancellationToken cancellation)
    {
        try
        {
            return worker.Run(plan.Cells[shard.Cell].Cell, shard.FirstSeed, shard.Count, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw FailureLocator.Locate(engine, plan.Cells[shard.Cell], shard, e);
        }
    }

    /// <summary>Works a violation up.</summary>
    /// <exception cref="CampaignFault">the model failed</exception>
    public Finding WorkUp(ICampaignWorker worker, WorkItem work, CancellationToken cancellation)
    {
        PlannedCell cell = plan.Cells[work.Shard.Cell];
        RawFinding raw = work.Raw!;
        try
        {
            return worker.WorkUp(cell.Cell, raw, cancellation) with { Policy = cell.Policy.Name };
        }
        catch (Exception e) when (e is not OperationCanceledException and not CampaignFault and not SpecException)
        {
            throw FailureLocator.Describe(cell, raw.LowestSeed, e is ModelDefectException { InnerException: { } inner } ? inner : e, "while working up a violation");
        }
    }
}
