using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Specs;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Farm;

/// <summary>A campaign as it lies in the farm's store.</summary>
/// <param name="Id">"C-" and the first twelve hex digits of the spec's hash: the same spec is the same campaign</param>
/// <param name="Request">the campaign file it was submitted as</param>
/// <param name="Canonical">the spec's canonical text, of the model version it began under</param>
/// <param name="Budget">time after which no further shard is begun, counted from <paramref name="Created"/></param>
/// <param name="Term">grows with each activation of its grain: what fences the writes of an older one</param>
public sealed record CampaignEntry(
    string Id, string Name, string Request, string Canonical, string Hash, TimeSpan? Budget, CampaignState State, string Reason,
    DateTimeOffset Created, DateTimeOffset? Finished, long Term)
{
    public static string IdOf(CampaignSpec spec) => $"C-{spec.Hash[..12]}";
    public bool Active => State is CampaignState.Running or CampaignState.Paused;
}

/// <summary>A shard's record with the lease it was done under.</summary>
/// <param name="Key">the work's key, whose lease ends with this</param>
public sealed record ShardResult(string Key, Shard Shard, long Epoch, string Holder, ShardRecord Record);

/// <summary>A line of the ledger for readers.</summary>
public sealed record LedgerLine(long Index, int Cell, long Number, ulong FirstSeed, int Count, long Schedules, long Steps, ulong Digest, long Epoch, string Holder, DateTimeOffset Recorded);

/// <summary>A finding in the store.</summary>
public sealed record StoredWorkup(int Cell, RawFinding Raw, Finding Finding);

/// <summary>A shard that a second holder ran.</summary>
public sealed record StoredVerification(Shard Shard, ulong First, ulong Second, string Holder)
{
    public bool Same => First == Second;
}

/// <summary>What the campaign's grain counts beside its ledger; kept so that a new activation goes on counting.</summary>
public sealed record FarmCounts(long Reissued, long Refused, long Verified, long VerifyMismatches, IReadOnlyList<string> Defects)
{
    public static FarmCounts None { get; } = new(0, 0, 0, 0, []);
}

/// <summary>Another activation of the campaign's grain has begun a newer term: this one's writes are refused, and it must go.</summary>
public sealed class StaleTermException(string id, long term) : Exception($"campaign {id}: term {term} is over");

/// <summary>
/// The farm's durable state. Ledger, findings and checkpoints are append-only and keyed so that a second write is a no-op.
/// Everything that takes a term refuses one that is not the campaign's newest, in the same transaction as the write.
/// </summary>
/// <remarks>
/// Every method throws <see cref="StoreException"/> when the store does not answer; the caller tries again later. A term of a
/// campaign that is not there is stale as well. Times are kept to the microsecond.
/// </remarks>
public interface IFarmStore : ICheckpointStore
{
    /// <summary>
    /// Enters a campaign and returns <paramref name="entry"/> itself, or the entry that was there. Null when it is new and
    /// <paramref name="maxActive"/> are active already.
    /// </summary>
    Task<CampaignEntry?> Submit(CampaignEntry entry, int maxActive, CancellationToken cancellation);
    Task<CampaignEntry?> Find(string id, CancellationToken cancellation);
    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<CampaignEntry>> List(int limit, CancellationToken cancellation);
    /// <summary>Running and paused ones, the oldest first.</summary>
    Task<IReadOnlyList<CampaignEntry>> Active(CancellationToken cancellation);

    /// <summary>Begins a new term and returns it: from now on older ones are refused.</summary>
    Task<long> BeginTerm(string id, CancellationToken cancellation);
    Task SetState(string id, long term, CampaignState state, string reason, CancellationToken cancellation);
    Task SaveCounts(string id, long term, FarmCounts counts, CancellationToken cancellation);
    Task<FarmCounts> Counts(string id, CancellationToken cancellation);

    /// <summary>Writes leases before they are given, and strikes those that were taken back.</summary>
    Task SaveLeases(string id, long term, IReadOnlyList<Lease> given, IReadOnlyList<string> gone, CancellationToken cancellation);
    Task<IReadOnlyList<Lease>> Leases(string id, CancellationToken cancellation);

    /// <summary>Writes shards and ends their leases, in one transaction.</summary>
    Task<IReadOnlyList<Recorded>> Record(string id, long term, IReadOnlyList<ShardResult> results, CancellationToken cancellation);
    /// <summary>Every shard done, in the campaign's order.</summary>
    IAsyncEnumerable<StoredShard> Shards(string id, CancellationToken cancellation);
    /// <summary>Shards in the campaign's order with their records, from index <paramref name="from"/> on.</summary>
    Task<IReadOnlyList<(long Index, StoredShard Shard)>> Records(string id, long from, int limit, CancellationToken cancellation);
    /// <summary>Lines in the campaign's order, from index <paramref name="from"/> on.</summary>
    Task<IReadOnlyList<LedgerLine>> Lines(string id, long from, int limit, CancellationToken cancellation);

    Task RecordWorkup(string id, long term, string key, StoredWorkup workup, CancellationToken cancellation);
    Task<IReadOnlyList<StoredWorkup>> Workups(string id, CancellationToken cancellation);
    Task RecordVerification(string id, long term, string key, StoredVerification verification, CancellationToken cancellation);
    Task<IReadOnlyList<StoredVerification>> Verifications(string id, CancellationToken cancellation);

    Task SaveReport(string id, long term, byte[] json, byte[] page, CancellationToken cancellation);
    /// <summary>report.json and report.md; null until the campaign is done.</summary>
    Task<(byte[] Json, byte[] Page)?> Report(string id, CancellationToken cancellation);
}

/// <summary>The store did not answer, or refused for reasons of its own; worth another try.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
