using System.Text.Json;
using Microsoft.Extensions.Options;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Specs;
using StressFarm.Exploration.Evidence;
using StressFarm.Grains;
using StressFarm.Silo.Api;

namespace StressFarm.Silo;

/// <summary>The farm behind the HTTP API: store for what is recorded, grains for what is under way.</summary>
public sealed class FarmBackend(IFarmStore store, IGrainFactory grains, IOptions<FarmOptions> options, TimeProvider clock, ILogger<FarmBackend> log) : IFarmBackend
{
    public const int MostLines = 1000;
    /// <summary>What bounds an answer of records, which may be long: a page ends with the one that reaches this.</summary>
    private const int RecordBytes = 4 << 20, RecordsAtOnce = 32;
    private readonly FindingSearch _findings = new(store, grains, log);

    public async Task<SubmitReply> Submit(string request, string name, CancellationToken cancellation)
    {
        CampaignOrder order = SpecBuilder.Build(SpecFile.Parse(request, "campaign"), FarmDefaults.Spec);
        string id = CampaignEntry.IdOf(order.Spec);
        var entry = new CampaignEntry(id, name.Length > 0 ? name : id, request, order.Spec.Canonical, order.Spec.Hash, order.Budget,
            CampaignState.Running, "", clock.GetUtcNow(), null, 0);
        bool known = await store.Find(id, cancellation) is not null;
        CampaignEntry there = await store.Submit(entry, options.Value.MaxCampaigns, cancellation)
            ?? throw new FarmBusyException($"the farm has {options.Value.MaxCampaigns} campaigns already; wait for one to end or cancel one");
        if (there.Hash != entry.Hash) throw new SpecException($"another campaign has the id {id}");
        ICampaignGrain campaign = grains.GetGrain<ICampaignGrain>(id);
        await campaign.Steer(there.State is CampaignState.Cancelled or CampaignState.Failed ? Steering.Resume : Steering.Wake, cancellation);
        await Changed(cancellation);
        return new(id, !known, (await Status(id, cancellation)).State, order.Spec.Hash);
    }

    public async Task<IReadOnlyList<CampaignStatus>> List(int limit, CancellationToken cancellation)
    {
        var list = new List<CampaignStatus>();
        foreach (CampaignEntry entry in await store.List(limit, cancellation))
            list.Add(entry.State == CampaignState.Done && await store.Report(entry.Id, cancellation) is { } report
                ? Ended(entry, await store.Counts(entry.Id, cancellation), report.Json)
                : await Status(entry.Id, cancellation));
        return list;
    }

    /// <summary>A finished campaign by its report: a list must not make a hundred grains read their ledgers.</summary>
    private static CampaignStatus Ended(CampaignEntry entry, FarmCounts counts, byte[] report)
    {
        using JsonDocument document = JsonDocument.Parse(report);
        JsonElement root = document.RootElement;
        long shards = root.GetProperty("shards").GetInt64();
        int findings = root.GetProperty("findings").GetArrayLength();
        return new(entry.Id, entry.Name, CampaignWords.Of(entry.State), entry.Reason, "done", root.GetProperty("schedules").GetInt64(), root.GetProperty("steps").GetInt64(),
            root.GetProperty("cells").EnumerateArray().Sum(c => c.GetProperty("violated").GetInt64()), 1, 0, 0, findings, findings,
            new(0, counts.Reissued, counts.Refused, counts.Verified, counts.VerifyMismatches, 0), new(shards, shards, 0, 0), counts.Defects,
            root.GetProperty("digest").GetString()!, entry.Created, entry.Finished);
    }

    public async Task<CampaignStatus> Status(string id, CancellationToken cancellation) =>
        Read(id, await grains.GetGrain<ICampaignGrain>(id).Status(cancellation));

    public Task<CampaignStatus> Pause(string id, CancellationToken cancellation) => Steer(id, Steering.Pause, cancellation);
    public Task<CampaignStatus> Resume(string id, CancellationToken cancellation) => Steer(id, Steering.Resume, cancellation);
    public Task<CampaignStatus> Cancel(string id, CancellationToken cancellation) => Steer(id, Steering.Cancel, cancellation);

    public async Task<CampaignEntry> Entry(string id, CancellationToken cancellation) =>
        await store.Find(id, cancellation) ?? throw new UnknownCampaignException(id);

    public async Task<IReadOnlyList<FindingSummary>> Findings(string id, CancellationToken cancellation) =>
        await grains.GetGrain<IFindingsGrain>(id).List(cancellation) is { } payload
            ? JsonSerializer.Deserialize(payload.Json, FarmJson.Default.IReadOnlyListFindingSummary) ?? []
            : throw new UnknownCampaignException(id);

    public Task<IReadOnlyList<FarmFinding>> Findings(FindingQuery query, int campaigns, CancellationToken cancellation) => _findings.Of(query, campaigns, cancellation);

    public async Task<Finding?> Finding(string id, string finding, CancellationToken cancellation) =>
        await grains.GetGrain<IFindingsGrain>(id).Get(finding, cancellation) is { } payload
            ? JsonSerializer.Deserialize(payload.Json, FarmJson.Default.Finding) : null;

    public async Task<(byte[] Json, byte[] Page)?> Report(string id, CancellationToken cancellation)
    {
        if (await store.Find(id, cancellation) is null) throw new UnknownCampaignException(id);
        return await store.Report(id, cancellation);
    }

    public async Task<LedgerPage> Ledger(string id, long from, int limit, CancellationToken cancellation)
    {
        CampaignStatus status = await Status(id, cancellation);
        IReadOnlyList<LedgerLine> lines = await store.Lines(id, from, Math.Min(limit, MostLines), cancellation);
        return new(status.Ledger, lines, lines.Count == Math.Min(limit, MostLines) ? lines[^1].Index + 1 : null);
    }

    public async Task<RecordPage> Records(string id, long from, int limit, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        var records = new List<RecordLine>();
        long bytes = 0;
        while (records.Count < limit && bytes < RecordBytes)
        {
            int wanted = Math.Min(RecordsAtOnce, limit - records.Count);
            IReadOnlyList<(long Index, StoredShard Shard)> some = await store.Records(id, records.Count > 0 ? records[^1].Index + 1 : from, wanted, cancellation);
            foreach (var (index, shard) in some)
            {
                records.Add(new(index, shard));
                bytes += JsonSerializer.SerializeToUtf8Bytes(records[^1], FarmJson.Default.RecordLine).Length;
            }
            if (some.Count < wanted) return new(records, null);
        }
        return new(records, records[^1].Index + 1);
    }

    public async Task<IReadOnlyList<long>> Checkpoints(string id, int cell, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        return await store.CheckpointNumbers(id, cell, cancellation);
    }

    public async Task<CheckpointBody?> Checkpoint(string id, int cell, long number, CancellationToken cancellation)
    {
        await Entry(id, cancellation);
        return await store.LoadCheckpoint(id, cell, number, cancellation) is { } found ? new(found.State, found.StateHash, found.Chain) : null;
    }

    public async Task<IReadOnlyList<SiloReport>> Silos(CancellationToken cancellation)
    {
        var heard = await grains.GetGrain<IFarmGrain>(IFarmGrain.Key).Silos(cancellation);
        DateTimeOffset now = clock.GetUtcNow();
        return [.. heard.Select(s => new SiloReport(s.Heartbeat.Name,
            s.Heartbeat.Draining ? "draining" : now - s.Seen > TimeSpan.FromSeconds(10) ? "silent" : "up",
            s.Heartbeat.Workers, s.Heartbeat.Busy, s.Heartbeat.StepsPerSecond, s.Seen))];
    }

    public async Task<bool> Ready(CancellationToken cancellation)
    {
        await store.Active(cancellation);
        await grains.GetGrain<IFarmGrain>(IFarmGrain.Key).Silos(cancellation);
        return true;
    }

    private async Task<CampaignStatus> Steer(string id, Steering steering, CancellationToken cancellation)
    {
        CampaignStatus status = Read(id, await grains.GetGrain<ICampaignGrain>(id).Steer(steering, cancellation));
        await Changed(cancellation);
        return status;
    }

    private Task Changed(CancellationToken cancellation) => grains.GetGrain<IFarmGrain>(IFarmGrain.Key).Changed(cancellation);

    private static CampaignStatus Read(string id, Payload? payload) =>
        payload is null ? throw new UnknownCampaignException(id)
            : JsonSerializer.Deserialize(payload.Json, FarmJson.Default.CampaignStatus) ?? throw new UnknownCampaignException(id);
}
