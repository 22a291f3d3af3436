using System.Text.Json;
using StressFarm.Campaigns.Farm;
using StressFarm.Grains;

namespace StressFarm.Silo;

/// <summary>Findings of many campaigns: the newest ones, and those that still run however old they are.</summary>
internal sealed class FindingSearch(IFarmStore store, IGrainFactory grains, ILogger log)
{
    /// <summary>Campaigns asked at once: each may have to read its ledger first.</summary>
    private const int AtOnce = 4;
    /// <summary>For one campaign, so that a few that hang do not keep the others from being asked; and for all of them, less than the API waits.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4), s_patienceInAll = TimeSpan.FromSeconds(10);

    /// <exception cref="TimeoutException">no campaign answers</exception>
    public async Task<IReadOnlyList<FarmFinding>> Of(FindingQuery query, int newest, CancellationToken cancellation)
    {
        IReadOnlyList<CampaignEntry> young = await store.List(newest, cancellation), active = await store.Active(cancellation);
        List<CampaignEntry> entries = [.. young, .. active.ExceptBy(young.Select(e => e.Id), e => e.Id).OrderByDescending(e => e.Created)];
        using var inAll = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        inAll.CancelAfter(s_patienceInAll);
        var answers = new IReadOnlyList<FindingSummary>?[entries.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, entries.Count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (i, _) => answers[i] = await Answer(entries[i].Id, query, inAll.Token, cancellation));
        // Then it is the farm that does not answer, which is another thing than no finding.
        if (entries.Count > 0 && answers.All(a => a is null)) throw new TimeoutException("no campaign tells its findings");
        return [.. entries.Zip(answers).SelectMany(e => (e.Second ?? []).Select(f => new FarmFinding(e.First.Id, e.First.Name, f)))];
    }

    /// <summary>Null when it does not answer, for whatever reason: one campaign must not hide the findings of the others.</summary>
    private async Task<IReadOnlyList<FindingSummary>?> Answer(string id, FindingQuery query, CancellationToken inAll, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(inAll);
        patience.CancelAfter(s_patience);
        try
        {
            Payload? payload = await grains.GetGrain<IFindingsGrain>(id).Matching(query.Policy, query.Workload, query.Invariant, patience.Token).WaitAsync(patience.Token);
            return payload is null ? [] : JsonSerializer.Deserialize(payload.Json, FarmJson.Default.IReadOnlyListFindingSummary) ?? [];
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            SearchLog.LeftOut(log, id, e.GetType().Name, e.Message);
            return null;
        }
    }
}

internal static partial class SearchLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "campaign {Id} does not tell its findings and is left out of a list: {Kind}: {Reason}")]
    public static partial void LeftOut(ILogger log, string id, string kind, string reason);
}
