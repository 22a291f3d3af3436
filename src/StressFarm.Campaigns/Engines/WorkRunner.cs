using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Shards;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Engines;

/// <summary>Runs a piece of a campaign's work, the same on this machine's threads and on a silo's.</summary>
public sealed class WorkRunner(CampaignPlan plan, ICampaignEngine engine)
{
    /// <summary>Runs a shard, and the canary that rides along with it.</summary>
    /// <param name="input">the lease's</param>
    /// <exception cref="CampaignFault">the model failed; names the cell and the seed</exception>
    public ShardRecord Run(ICampaignWorker worker, Shard shard, GenerationInput? input, CancellationToken cancellation)
    {
        Check(shard, input);
        ShardRecord record;
        try
        {
            record = worker.Run(plan.Cells[shard.Cell].Cell, shard.FirstSeed, shard.Count, input, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw FailureLocator.Locate(engine, plan.Cells[shard.Cell], shard, input, e);
        }
        return record with { Canary = RunCanary(worker, shard, cancellation) };
    }

    /// <summary>Runs the canary of a shard; null where none rides along.</summary>
    /// <exception cref="CampaignFault">nothing was planted, and the model failed</exception>
    public CanaryRecord? RunCanary(ICampaignWorker worker, Shard shard, CancellationToken cancellation)
    {
        if (plan.CanaryOf(shard) is not { } order) return null;
        try
        {
            return worker.RunCanary(order, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new CampaignFault($"the canary {order.Canary.Id} failed: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Runs an epoch of a soak, and the canary that rides along with it.</summary>
    /// <param name="before">the checkpoint before it; null at a section's first epoch</param>
    /// <exception cref="CampaignFault">the model failed, or the checkpoint cannot be used; names the section</exception>
    public (ShardRecord Record, Checkpoint Next) RunEpoch(ICampaignWorker worker, Shard shard, Checkpoint? before, CancellationToken cancellation)
    {
        PlannedCell cell = plan.Cells[shard.Cell];
        (ShardRecord record, Checkpoint next) done;
        try
        {
            done = worker.RunEpoch(cell.Section!, shard.Number, before, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw FailureLocator.Locate(engine, cell, shard, null, e);
        }
        return (done.record with { Canary = RunCanary(worker, shard, cancellation) }, done.next);
    }

    /// <summary>Works a violation up.</summary>
    /// <param name="input">the lease's</param>
    /// <param name="before">of a soak: the checkpoint before the violation's epoch; null when that is the section's first one</param>
    /// <exception cref="CampaignFault">the model failed</exception>
    public Finding WorkUp(ICampaignWorker worker, WorkItem work, GenerationInput? input, CancellationToken cancellation, Checkpoint? before = null)
    {
        Check(work.Shard, input);
        PlannedCell cell = plan.Cells[work.Shard.Cell];
        RawFinding raw = work.Raw!;
        try
        {
            Finding finding = cell.Section is { } section ? worker.WorkUp(section, raw, before, cancellation) : worker.WorkUp(cell.Cell, raw, input, cancellation);
            return finding with { Policy = cell.Policy.Name };
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
