using System.Collections.Concurrent;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

/// <summary>A farm in memory that does no work: campaigns go where the test puts them.</summary>
internal sealed class FakeBackend : IFarmBackend
{
    private readonly ConcurrentDictionary<string, CampaignEntry> _entries = new();

    /// <summary>Called before anything is answered: what throws or waits there, the farm throws or waits.</summary>
    public Func<CancellationToken, Task>? Before { get; set; }
    public ConcurrentDictionary<string, (byte[] Json, byte[] Page)> Reports { get; } = new();
    public ConcurrentDictionary<string, Finding> Stored { get; } = new();
    public List<LedgerLine> Lines { get; } = [];
    public List<RecordLine> Kept { get; } = [];
    public Dictionary<(int Cell, long Number), CheckpointBody> Memories { get; } = [];
    public bool IsReady { get; set; } = true;
    public int MostCampaigns { get; set; } = int.MaxValue;
    /// <summary>Schedules that every campaign shows.</summary>
    public long Schedules { get; set; }

    public static Finding SomeFinding { get; } = new("F-3f9c1a", "I12b + _refcount + zap/free + CMP", "I12b", "critical", "_refcount", "zap", "free", "CMP",
        "rfc-v1", "driver-mmap", "random", ulong.MaxValue, 9, 2, 10, "a sentence", "BUG: Bad page", ["CPU0 | CPU1"], ["_refcount"], "U0YBtoken");

    public async Task<SubmitReply> Submit(string request, string name, CancellationToken cancellation)
    {
        await Pass(cancellation);
        CampaignOrder order = SpecBuilder.Build(SpecFile.Parse(request, "campaign"), new SpecDefaults(false, 1000));
        string id = CampaignEntry.IdOf(order.Spec);
        if (_entries.Count >= MostCampaigns && !_entries.ContainsKey(id)) throw new FarmBusyException("the farm has as many campaigns as it takes");
        bool created = _entries.TryAdd(id, new CampaignEntry(id, name, request, order.Spec.Canonical, order.Spec.Hash, order.Budget,
            CampaignState.Running, "", DateTimeOffset.UnixEpoch, null, 1));
        return new(id, created, _entries[id].State.ToString(), order.Spec.Hash);
    }

    public async Task<IReadOnlyList<CampaignStatus>> List(int limit, CancellationToken cancellation)
    {
        await Pass(cancellation);
        return [.. _entries.Values.OrderBy(e => e.Id, StringComparer.Ordinal).Take(limit).Select(StatusOf)];
    }

    public async Task<CampaignStatus> Status(string id, CancellationToken cancellation) => StatusOf(await Entry(id, cancellation));

    public async Task<CampaignEntry> Entry(string id, CancellationToken cancellation)
    {
        await Pass(cancellation);
        return _entries.TryGetValue(id, out CampaignEntry? entry) ? entry : throw new UnknownCampaignException(id);
    }

    public Task<CampaignStatus> Pause(string id, CancellationToken cancellation) => Turn(id, CampaignState.Paused, cancellation);
    public Task<CampaignStatus> Resume(string id, CancellationToken cancellation) => Turn(id, CampaignState.Running, cancellation);
    public Task<CampaignStatus> Cancel(string id, CancellationToken cancellation) => Turn(id, CampaignState.Cancelled, cancellation);

    public async Task<CampaignStatus> Turn(string id, CampaignState state, CancellationToken cancellation)
    {
        CampaignEntry entry = await Entry(id, cancellation);
        return StatusOf(_entries[id] = entry with { State = state });
    }

    public async Task<IReadOnlyList<FindingSummary>> Findings(string id, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        return [.. Stored.Values.Select(f => new FindingSummary(f.Id, f.Signature, f.Invariant, f.Severity, f.Policy, f.Workload, f.Seed, f.Length, 3, ReportWriter.ReplayCommand(f)))];
    }

    public async Task<IReadOnlyList<FarmFinding>> Findings(FindingQuery query, int campaigns, CancellationToken cancellation)
    {
        var found = new List<FarmFinding>();
        foreach (CampaignStatus campaign in await List(campaigns, cancellation))
            found.AddRange((await Findings(campaign.Id, cancellation)).Where(f => query.Takes(f.Policy, f.Workload, f.Invariant)).Select(f => new FarmFinding(campaign.Id, campaign.Name, f)));
        return found;
    }

    public async Task<Finding?> Finding(string id, string finding, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        return Stored.GetValueOrDefault(finding);
    }

    public async Task<(byte[] Json, byte[] Page)?> Report(string id, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        return Reports.TryGetValue(id, out var report) ? report : null;
    }

    public async Task<LedgerPage> Ledger(string id, long from, int limit, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        List<LedgerLine> page = [.. Lines.Where(l => l.Index >= from).Take(limit)];
        long? next = page.Count > 0 && page[^1].Index < Lines[^1].Index ? page[^1].Index + 1 : null;
        return new(new(Lines.Count, Lines.Count, 0, 0), page, next);
    }

    public async Task<RecordPage> Records(string id, long from, int limit, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        List<RecordLine> page = [.. Kept.Where(r => r.Index >= from).Take(limit)];
        return new(page, page.Count == limit ? page[^1].Index + 1 : null);
    }

    public async Task<IReadOnlyList<long>> Checkpoints(string id, int cell, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        return [.. Memories.Keys.Where(k => k.Cell == cell).Select(k => k.Number).Order()];
    }

    public async Task<CheckpointBody?> Checkpoint(string id, int cell, long number, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        return Memories.GetValueOrDefault((cell, number));
    }

    public async Task<IReadOnlyList<SiloReport>> Silos(CancellationToken cancellation)
    {
        await Pass(cancellation);
        return [new("silo-1", "Active", 2, 1, 1e6, DateTimeOffset.UnixEpoch)];
    }

    public async Task<bool> Ready(CancellationToken cancellation)
    {
        await Pass(cancellation);
        return IsReady;
    }

    private Task Pass(CancellationToken cancellation) => Before?.Invoke(cancellation) ?? Task.CompletedTask;

    private CampaignStatus StatusOf(CampaignEntry e) => new(e.Id, e.Name, e.State.ToString(), e.Reason, e.State == CampaignState.Done ? "done" : "exploring",
        Schedules, Schedules * 10, 0, 0.5, null, 0, Stored.Count, Stored.Count, new(0, 0, 0, 0, 0, 1), new(Lines.Count, Lines.Count, 0, 0), [], "0", e.Created, e.Finished);
}
