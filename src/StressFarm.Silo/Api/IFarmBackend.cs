using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Silo.Api;

/// <summary>
/// What the HTTP API asks of the farm behind it. Ids are looked up as they come; an unknown one is
/// <see cref="UnknownCampaignException"/>. Bad specs are <see cref="SpecException"/>, a full farm <see cref="FarmBusyException"/>,
/// a farm that does not answer in time <see cref="StoreException"/> or <see cref="TimeoutException"/>.
/// </summary>
public interface IFarmBackend
{
    /// <summary>Enters a campaign file; the same spec is the same campaign, and a cancelled one is taken up again.</summary>
    Task<SubmitReply> Submit(string request, string name, CancellationToken cancellation);
    Task<IReadOnlyList<CampaignStatus>> List(int limit, CancellationToken cancellation);
    Task<CampaignStatus> Status(string id, CancellationToken cancellation);
    /// <summary>What was submitted, and what it was understood to be.</summary>
    Task<CampaignEntry> Entry(string id, CancellationToken cancellation);
    Task<CampaignStatus> Pause(string id, CancellationToken cancellation);
    Task<CampaignStatus> Resume(string id, CancellationToken cancellation);
    Task<CampaignStatus> Cancel(string id, CancellationToken cancellation);
    Task<IReadOnlyList<FindingSummary>> Findings(string id, CancellationToken cancellation);
    /// <summary>Of the newest campaigns, so many of them, and of all that are active. What does not answer is left out.</summary>
    Task<IReadOnlyList<FarmFinding>> Findings(FindingQuery query, int campaigns, CancellationToken cancellation);
    /// <summary>Null when the campaign has no such finding.</summary>
    Task<Finding?> Finding(string id, string finding, CancellationToken cancellation);
    /// <summary>report.json and report.md; null until the campaign is done.</summary>
    Task<(byte[] Json, byte[] Page)?> Report(string id, CancellationToken cancellation);
    Task<LedgerPage> Ledger(string id, long from, int limit, CancellationToken cancellation);
    /// <summary>Whole records, in the campaign's order; fewer than <paramref name="limit"/> where they are long.</summary>
    Task<RecordPage> Records(string id, long from, int limit, CancellationToken cancellation);
    /// <summary>The epochs of a soak's cell whose checkpoints are kept, lowest first.</summary>
    Task<IReadOnlyList<long>> Checkpoints(string id, int cell, CancellationToken cancellation);
    /// <summary>The checkpoint after an epoch; null when it is not kept.</summary>
    Task<CheckpointBody?> Checkpoint(string id, int cell, long number, CancellationToken cancellation);
    Task<IReadOnlyList<SiloReport>> Silos(CancellationToken cancellation);
    /// <summary>The store answers and the silo is a member of its cluster.</summary>
    Task<bool> Ready(CancellationToken cancellation);
}

/// <summary>There is no campaign of this id.</summary>
public sealed class UnknownCampaignException(string id) : Exception($"there is no campaign '{(id.Length > 40 ? id[..40] + "…" : id)}'");

/// <summary>The farm has as many campaigns as it takes.</summary>
public sealed class FarmBusyException(string message) : Exception(message);
