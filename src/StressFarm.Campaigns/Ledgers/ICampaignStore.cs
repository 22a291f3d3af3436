using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Ledgers;

/// <summary>What a second record of a shard came to.</summary>
public enum Recorded : byte
{
    Added,
    /// <summary>It was there already, and is the same: a no-op.</summary>
    Same,
    /// <summary>It was there already with another digest: a defect. The first one stays.</summary>
    Mismatch,
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
