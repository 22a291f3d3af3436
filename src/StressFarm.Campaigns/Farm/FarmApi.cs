using System.Text.Json;
using System.Text.Json.Serialization;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Farm;

/// <summary>A campaign's state, as the farm's HTTP API tells it.</summary>
/// <param name="Phase">exploring, working-up or done</param>
/// <param name="Share">share done of what was asked, 0 to 1</param>
/// <param name="LeftSeconds">how long exploring still takes at the present pace; null while that is unknown</param>
/// <param name="StepsPerSecond">of the last ten seconds, over all silos</param>
/// <param name="Findings">worked up so far</param>
/// <param name="Candidates">to be worked up</param>
/// <param name="Defects">what must never happen, one line each: shards or schedules that gave two digests, canaries that were missed</param>
/// <param name="Digest">of the shards that count, hex</param>
public sealed record CampaignStatus(
    string Id, string Name, string State, string Reason, string Phase, long Schedules, long Steps, long Violated, double Share,
    double? LeftSeconds, double StepsPerSecond, int Findings, int Candidates, LeaseSummary Leases, LedgerSummary Ledger,
    IReadOnlyList<string> Defects, string Digest, DateTimeOffset Created, DateTimeOffset? Finished)
{
    /// <summary>Canaries of the shards that count.</summary>
    public CanaryCounts Canaries { get; init; }

    /// <summary>Where programmes are searched: what that came to in the shards that count; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SearchCounts? Search { get; init; }
}

/// <summary>The leases of a campaign.</summary>
/// <param name="Held">given and not yet done</param>
/// <param name="Reissued">given again after they expired or were handed back</param>
/// <param name="Refused">results that came too late and were not taken</param>
/// <param name="Verified">shards that a second silo ran</param>
/// <param name="VerifyMismatches">of those, how many gave another digest. Must be 0</param>
/// <param name="Silos">silos that hold leases or asked for some lately</param>
public sealed record LeaseSummary(int Held, long Reissued, long Refused, long Verified, long VerifyMismatches, int Silos)
{
    /// <summary>What is out longest; null when nothing is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WorkOut? Oldest { get; init; }
}

/// <summary>Work that a silo has: enough to run it by hand.</summary>
/// <param name="Kind">explore, verify or work-up</param>
/// <param name="FirstSeed">of a work-up: the seed that violated</param>
/// <param name="Holder">the silo's incarnation</param>
/// <param name="Given">for the first time, however often it was given again since the campaign's grain came up</param>
public sealed record WorkOut(string Kind, string Policy, string Workload, ulong FirstSeed, int Schedules, string Holder, DateTimeOffset Given);

/// <summary>What a submission came to.</summary>
/// <param name="Created">false when the same spec was there already</param>
public sealed record SubmitReply(string Id, bool Created, string State, string SpecHash);

/// <summary>A finding in a list.</summary>
/// <param name="Policy">of the schedule that stands for it, as <paramref name="Workload"/>, <paramref name="Seed"/> and <paramref name="Replay"/></param>
/// <param name="Count">schedules of the whole campaign, whatever was asked for</param>
public sealed record FindingSummary(string Id, string Signature, string Invariant, string Severity, string Policy, string Workload, ulong Seed, int Length, long Count, string Replay)
{
    /// <summary>
    /// Workloads it is known to have been seen in, under the designs asked for. Of a campaign that is done those that its report
    /// names, unless a workload was asked for. Null where nobody said.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Workloads { get; init; }
}

/// <summary>A finding of one of the farm's campaigns.</summary>
public sealed record FarmFinding(string Campaign, string Name, FindingSummary Finding);

/// <summary>A silo.</summary>
/// <param name="Workers">threads that run shards</param>
/// <param name="Busy">of those, at work</param>
public sealed record SiloReport(string Name, string State, int Workers, int Busy, double StepsPerSecond, DateTimeOffset Seen);

/// <summary>A page of the ledger and its balance.</summary>
/// <param name="Next">the index to ask for next; null at the end</param>
public sealed record LedgerPage(LedgerSummary Balance, IReadOnlyList<LedgerLine> Lines, long? Next);

/// <summary>A shard with the whole of its record, for whoever runs it again.</summary>
public sealed record RecordLine(long Index, StoredShard Shard);

/// <summary>A page of records.</summary>
/// <param name="Next">the index to ask for next; null at the end</param>
public sealed record RecordPage(IReadOnlyList<RecordLine> Records, long? Next);

/// <summary>A soak's checkpoint: the memory after an epoch, compressed; its hash and the chain's head, hex.</summary>
public sealed record CheckpointBody(byte[] State, string StateHash, string Chain);

/// <summary>What a refused request is told.</summary>
public sealed record ApiError(string Error);

/// <summary>How the API's JSON is read and written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CampaignStatus))]
[JsonSerializable(typeof(IReadOnlyList<CampaignStatus>))]
[JsonSerializable(typeof(SubmitReply))]
[JsonSerializable(typeof(IReadOnlyList<FindingSummary>))]
[JsonSerializable(typeof(IReadOnlyList<FarmFinding>))]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(IReadOnlyList<SiloReport>))]
[JsonSerializable(typeof(LedgerPage))]
[JsonSerializable(typeof(RecordPage))]
[JsonSerializable(typeof(ShardRecord))]
[JsonSerializable(typeof(IReadOnlyList<long>))]
[JsonSerializable(typeof(CheckpointBody))]
[JsonSerializable(typeof(ApiError))]
public sealed partial class FarmJson : JsonSerializerContext;
