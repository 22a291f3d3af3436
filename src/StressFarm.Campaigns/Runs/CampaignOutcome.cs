using StressFarm.Campaigns.Reports;

namespace StressFarm.Campaigns.Runs;

/// <summary>How a run of a campaign ended.</summary>
/// <param name="Report">null when the run was interrupted or failed before it could be drawn up</param>
/// <param name="Interrupted">asked to stop; every finished shard is in the store</param>
/// <param name="Defects">what must never happen: shards that gave two digests, schedules that did. One line each</param>
/// <param name="Resumed">shards that were in the store already</param>
/// <param name="StepsHere">steps done by this run</param>
public sealed record CampaignOutcome(
    CampaignReport? Report, bool Interrupted, IReadOnlyList<string> Defects, long Resumed, long StepsHere, TimeSpan Elapsed, TimeSpan Exploring);
