using System.Text.Json.Serialization;
using StressFarm.Exploration;

namespace StressFarm.Campaigns;

/// <summary>What a second record of a shard came to.</summary>
public enum Recorded : byte
{
    Added,
    /// <summary>It was there already, and is the same: a no-op.</summary>
    Same,
    /// <summary>It was there already with another digest: a defect. The first one stays.</summary>
    Mismatch,
}

/// <summary>A shard as it lies in the store.</summary>
public readonly record struct StoredShard(int Cell, long Number, ShardRecord Record)
{
    /// <summary>Who ran it; null where only one could.</summary>
    public string? Holder { get; init; }
    /// <summary>When it was written; null where nobody noted that.</summary>
    [JsonIgnore]
    public DateTimeOffset? Recorded { get; init; }
}

/// <summary>The durable record of shards done and findings worked up. Append-only.</summary>
public interface ICampaignStore
{
    /// <summary>Every shard done, in the campaign's order.</summary>
    IEnumerable<StoredShard> Shards();
    Recorded Record(int cell, long number, ShardRecord record);
    Finding? FindWorkup(int cell, RawFinding raw);
    void RecordWorkup(int cell, RawFinding raw, Finding finding);

    /// <summary>Writes an epoch of a soak with the checkpoint after it, both or neither, and drops what <see cref="CheckpointRetention"/> lets go.</summary>
    /// <param name="pinBefore">the checkpoint before the epoch is needed to repeat what it showed</param>
    Recorded RecordEpoch(int cell, ShardRecord record, Checkpoint checkpoint, bool pinBefore);
    /// <summary>The last checkpoint of a cell at or before an epoch; null when there is none.</summary>
    Checkpoint? FindCheckpoint(int cell, long epoch);
}

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

/// <summary>Makes workers.</summary>
public interface ICampaignEngine
{
    ICampaignWorker CreateWorker();
}
