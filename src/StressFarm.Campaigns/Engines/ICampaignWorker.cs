using StressFarm.Exploration;
using StressFarm.Exploration.Canaries;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Engines;

/// <summary>Runs shards and works findings up. One per thread.</summary>
public interface ICampaignWorker
{
    /// <summary>Schedules done of the shard under way; any thread may ask.</summary>
    long Done => 0;
    /// <param name="input">what the shard's generation knows; null unless the strategy is feedback</param>
    ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation);
    /// <summary>Runs a canary. What a worker carries from shard to shard stays as it was.</summary>
    CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation);
    /// <param name="input">what the generation of the violation knew; null unless the strategy is feedback</param>
    Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation);
    /// <summary>Runs an epoch of a section, on from the checkpoint before it.</summary>
    (ShardRecord Record, Checkpoint Next) RunEpoch(SoakSection section, long epoch, Checkpoint? before, CancellationToken cancellation) =>
        throw new NotSupportedException("this worker runs no soaks");
    /// <param name="before">the checkpoint before the occurrence's epoch; null when that is the first one</param>
    Finding WorkUp(SoakSection section, RawFinding raw, Checkpoint? before, CancellationToken cancellation) =>
        throw new NotSupportedException("this worker runs no soaks");
}
