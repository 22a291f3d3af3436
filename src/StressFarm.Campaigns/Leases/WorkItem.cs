using System.Globalization;
using System.Text.Json.Serialization;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Leases;

/// <summary>What a worker is asked to do.</summary>
public enum WorkKind : byte
{
    /// <summary>Run a shard.</summary>
    Explore,
    /// <summary>Run a shard that is in the ledger once more, on another holder, and compare.</summary>
    Verify,
    /// <summary>Shrink and explain a violation.</summary>
    WorkUp,
}

/// <summary>
/// A piece of work: whole, bounded, and a pure function of the spec, so that doing it twice does no harm.
/// </summary>
/// <param name="Shard">the shard; for a work-up only its cell counts</param>
/// <param name="Raw">the violation to work up; null otherwise</param>
public sealed record WorkItem(WorkKind Kind, Shard Shard, RawFinding? Raw)
{
    public static WorkItem Explore(Shard shard) => new(WorkKind.Explore, shard, null);
    public static WorkItem Verify(Shard shard) => new(WorkKind.Verify, shard, null);
    public static WorkItem WorkUp(Candidate candidate) => new(WorkKind.WorkUp, new Shard(-1, candidate.Cell.Index, -1, candidate.Raw.LowestSeed, 0), candidate.Raw);

    /// <summary>What identifies the work within its campaign.</summary>
    public string Key => Kind switch
    {
        WorkKind.Explore => string.Create(CultureInfo.InvariantCulture, $"x/{Shard.Index}"),
        WorkKind.Verify => string.Create(CultureInfo.InvariantCulture, $"v/{Shard.Index}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"u/{Shard.Cell}/{Raw!.LowestSeed:x16}/{Raw.Key}"),
    };
}

/// <summary>Work handed to a holder until it expires.</summary>
/// <param name="Epoch">grows with every lease of the campaign: a result under an older epoch of the same work is refused</param>
/// <param name="Holder">who works on it: a silo, or this process</param>
/// <param name="Expires">when it is handed to somebody else, unless progress was shown before</param>
public sealed record Lease(WorkItem Work, long Epoch, string Holder, DateTimeOffset Expires)
{
    /// <summary>The last progress shown: schedules done.</summary>
    public long Progress { get; init; }

    /// <summary>When the work was first given, as far as the board knows that gave it. Not stored.</summary>
    [JsonIgnore]
    public DateTimeOffset Given { get; init; }

    /// <summary>
    /// What the work's generation knows, when the lease is given; null unless the strategy is feedback. The ledger tells it
    /// again, so it is stored nowhere.
    /// </summary>
    [JsonIgnore]
    public GenerationInput? Input { get; init; }
}

/// <summary>The rules that leases are given under.</summary>
/// <param name="Duration">how long a lease lasts without progress</param>
/// <param name="VerifyEvery">one shard in so many is run on a second holder; 0 for none</param>
/// <param name="MaxAhead">shards beyond the contiguous prefix that may be leased or done: what bounds the memory</param>
public sealed record LeaseTerms(TimeSpan Duration, int VerifyEvery = 0, int MaxAhead = 65_536)
{
    /// <summary>How long after its last call a holder counts as there: nobody waits for a second holder that is not.</summary>
    public TimeSpan Presence { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For the one process of an embedded run: it holds its work as long as it lives.</summary>
    public static LeaseTerms Unlimited { get; } = new(TimeSpan.FromDays(36_500));
}

/// <summary>What became of a result.</summary>
public enum ResultFate : byte
{
    Accepted,
    /// <summary>The same result was there already: a retry.</summary>
    Same,
    /// <summary>Another result was there already: a defect.</summary>
    Mismatch,
    /// <summary>The lease is not the holder's any more: the work is done or was handed to somebody else.</summary>
    Refused,
}
