using System.Text.Json;
using StressFarm.Campaigns;

namespace StressFarm.Grains;

/// <summary>Findings for readers, read from the store and the campaign at most once a second.</summary>
public sealed class FindingsGrain(IFarmStore store, TimeProvider clock) : Grain, IFindingsGrain
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);
    private IReadOnlyList<StoredWorkup> _workups = [];
    private IReadOnlyList<CandidateCount>? _candidates;
    private DateTimeOffset _read;

    public async Task<Payload?> List(CancellationToken cancellation)
    {
        await Refresh(cancellation);
        if (_candidates is null) return null;
        return new(JsonSerializer.SerializeToUtf8Bytes(FindingList.Of(_workups, _candidates), FarmJson.Default.IReadOnlyListFindingSummary));
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
        if (now - _read < s_fresh) return;
        string id = this.GetPrimaryKeyString();
        Payload? candidates = await GrainFactory.GetGrain<ICampaignGrain>(id).Candidates(cancellation);
        _candidates = candidates is null ? null : JsonSerializer.Deserialize<IReadOnlyList<CandidateCount>>(candidates.Json);
        _workups = [.. (await store.Workups(id, cancellation)).OrderBy(w => w.Cell).ThenBy(w => w.Raw.LowestSeed).ThenBy(w => w.Raw.Key, StringComparer.Ordinal)];
        _read = now;
    }
}

/// <summary>
/// One line a signature: worked-up findings first, in the order of the report, then the violations that are still to be worked
/// up, which have no id yet.
/// </summary>
public static class FindingList
{
    /// <param name="candidates">violations so far, those that are worked up among them or not</param>
    public static IReadOnlyList<FindingSummary> Of(IReadOnlyList<StoredWorkup> workups, IReadOnlyList<CandidateCount> candidates)
    {
        var counts = candidates.ToDictionary(c => (c.Policy, c.Raw.Key), c => c.Count);
        var list = new List<FindingSummary>();
        foreach (var same in workups.GroupBy(w => w.Finding.Signature, StringComparer.Ordinal))
        {
            var f = same.First().Finding;
            long count = same.Sum(w => counts.GetValueOrDefault((w.Finding.Policy, w.Raw.Key), w.Raw.Count));
            list.Add(new(f.Id, f.Signature, f.Invariant, f.Severity, f.Policy, f.Workload, f.Seed, f.Length, count, ReportWriter.ReplayCommand(f)));
        }
        var done = workups.Select(w => (w.Finding.Policy, w.Raw.Key)).ToHashSet();
        foreach (CandidateCount c in candidates.Where(c => !done.Contains((c.Policy, c.Raw.Key))))
            list.Add(new("", c.Raw.Key, c.Raw.Invariant, "", c.Policy, c.Workload, c.Raw.LowestSeed, 0, c.Count, ""));
        return list;
    }
}
