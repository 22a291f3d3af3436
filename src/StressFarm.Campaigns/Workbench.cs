using StressFarm.Exploration;

namespace StressFarm.Campaigns;

/// <summary>Does a piece of a campaign's work, the same on this machine's threads and on a silo's.</summary>
public sealed class Workbench(CampaignPlan plan, ICampaignEngine engine)
{
    /// <summary>Runs a shard.</summary>
    /// <param name="input">the lease's</param>
    /// <exception cref="CampaignFault">the model failed; names the cell and the seed</exception>
    public ShardRecord Run(ICampaignWorker worker, Shard shard, GenerationInput? input, CancellationToken cancellation)
    {
        Check(shard, input);
        try
        {
            return worker.Run(plan.Cells[shard.Cell].Cell, shard.FirstSeed, shard.Count, input, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw FailureLocator.Locate(engine, plan.Cells[shard.Cell], shard, input, e);
        }
    }

    /// <summary>Works a violation up.</summary>
    /// <param name="input">the lease's</param>
    /// <exception cref="CampaignFault">the model failed</exception>
    public Finding WorkUp(ICampaignWorker worker, WorkItem work, GenerationInput? input, CancellationToken cancellation)
    {
        Check(work.Shard, input);
        PlannedCell cell = plan.Cells[work.Shard.Cell];
        RawFinding raw = work.Raw!;
        try
        {
            return worker.WorkUp(cell.Cell, raw, input, cancellation) with { Policy = cell.Policy.Name };
        }
        catch (Exception e) when (e is not OperationCanceledException and not CampaignFault and not SpecException)
        {
            throw FailureLocator.Describe(cell, raw.LowestSeed, e is ModelDefectException { InnerException: { } inner } ? inner : e, "while working up a violation");
        }
    }

    /// <summary>With another input, or none, a shard would be another one, and nothing else would tell.</summary>
    private void Check(Shard shard, GenerationInput? input)
    {
        long? needed = plan.Spec.HasGenerations ? plan.GenerationOf(shard.FirstSeed) : null;
        if (input?.Generation != needed)
            throw new CampaignFault(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"seed {shard.FirstSeed} came with what generation {input?.Generation.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"} knows instead of {needed?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}"));
    }
}
