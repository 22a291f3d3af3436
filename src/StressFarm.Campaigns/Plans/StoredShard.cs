using System.Text.Json.Serialization;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Plans;

/// <summary>A shard as it lies in the store.</summary>
public readonly record struct StoredShard(int Cell, long Number, ShardRecord Record)
{
    /// <summary>Who ran it; null where only one could.</summary>
    public string? Holder { get; init; }
    /// <summary>When it was written; null where nobody noted that.</summary>
    [JsonIgnore]
    public DateTimeOffset? Recorded { get; init; }
}
