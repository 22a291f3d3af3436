using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Grains;

/// <summary>
/// Findings for readers, read from the store and the campaign at most once a second; of a campaign that is done once, and from
/// the store alone as far as its report says enough: the campaign's grain would read its whole ledger.
/// </summary>
public sealed class FindingsGrain(IFarmStore store, TimeProvider clock) : Grain, IFindingsGrain
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);
    private bool _known;
    private IReadOnlyList<StoredWorkup> _workups = [];
    private IReadOnlyList<CandidateCount>? _candidates;
    private ReportedFindings? _reported;
    private DateTimeOffset _read;

    public Task<Payload?> List(CancellationToken cancellation) => Matching(null, null, null, cancellation);

    public async Task<Payload?> Matching(string? policy, string? workload, string? invariant, CancellationToken cancellation)
    {
        var query = new FindingQuery(policy, workload, invariant);
        await Refresh(cancellation);
        if (!_known) return null;
        if (_reported is { } reported && reported.LeavesOpen(query)) _candidates ??= await Candidates(cancellation);
        return new(JsonSerializer.SerializeToUtf8Bytes(FindingList.Of(_workups, _candidates ?? [], _reported, query), FarmJson.Default.IReadOnlyListFindingSummary));
    }

    public async Task<Payload?> Get(string finding, CancellationToken cancellation)
    {
        await Refresh(cancellation);
        return _workups.FirstOrDefault(w => w.Finding.Id.Equals(finding, StringComparison.OrdinalIgnoreCase)) is { } known
            ? new(JsonSerializer.SerializeToUtf8Bytes(known.Finding, FarmJson.Default.Finding)) : null;
    }

    private async Task Refresh(CancellationToken cancellation)
    {
        DateTimeOffset now = clock.GetUtcNow();
        if (_reported is not null || now - _read < s_fresh) return;
        string id = this.GetPrimaryKeyString();
        CampaignEntry? entry = await store.Find(id, cancellation);
        ReportedFindings? reported = entry is { State: CampaignState.Done } && await store.Report(id, cancellation) is { } report ? ReportedFindings.Of(report.Json) : null;
        IReadOnlyList<CandidateCount>? candidates = entry is null || reported is not null ? null : await Candidates(cancellation);
        StoredWorkup[] workups = [.. (await store.Workups(id, cancellation)).OrderBy(w => w.Cell).ThenBy(w => w.Raw.LowestSeed).ThenBy(w => w.Raw.Key, StringComparer.Ordinal)];
        // Together, since calls interleave: a report with what was known before it would never be read again.
        (_known, _workups, _candidates, _reported, _read) = (entry is not null, workups, candidates, reported, now);
    }

    /// <summary>None when the campaign cannot be worked on by this build: then what is worked up is all that is known.</summary>
    private async Task<IReadOnlyList<CandidateCount>> Candidates(CancellationToken cancellation) =>
        await GrainFactory.GetGrain<ICampaignGrain>(this.GetPrimaryKeyString()).Candidates(cancellation) is { } payload
            ? JsonSerializer.Deserialize<IReadOnlyList<CandidateCount>>(payload.Json)! : [];
}
