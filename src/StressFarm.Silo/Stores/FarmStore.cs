using System.Data.Common;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Leases;

namespace StressFarm.Silo.Stores;

/// <summary>
/// The farm's store in the SQL that SQLite and PostgreSQL share. A store of its own kind says how to read, how to run
/// statements behind a fence in one transaction, and how to write many rows at once.
/// </summary>
/// <param name="clock">what the time of a write is taken from</param>
public abstract partial class FarmStore(TimeProvider clock) : IFarmStore, IAsyncDisposable
{
    public abstract ValueTask DisposeAsync();

    /// <summary>Runs a query; failures of the store come out as <see cref="StoreException"/>.</summary>
    protected abstract Task<List<T>> Read<T>(Statement statement, Func<DbDataReader, T> row, CancellationToken cancellation);
    /// <summary>Runs statements in one transaction that holds the fence; the rows that each gave.</summary>
    protected abstract Task<List<object[]>[]> Transact(Fence fence, IReadOnlyList<Statement> statements, CancellationToken cancellation);

    /// <summary>Each gives the indexes that it added as rows.</summary>
    protected abstract IEnumerable<Statement> AddShards(string id, IReadOnlyList<ShardResult> results, DateTimeOffset now);
    protected abstract IEnumerable<Statement> PutLeases(string id, IReadOnlyList<Lease> leases);
    protected abstract IEnumerable<Statement> EndLeases(string id, IReadOnlyList<string> keys);
    /// <summary>Index and digest of the shards that are there.</summary>
    protected abstract Statement DigestsOf(string id, IReadOnlyList<long> indexes);

    private DateTimeOffset Now => Rows.Time(clock.GetUtcNow());

    public async Task<CampaignEntry?> Submit(CampaignEntry entry, int maxActive, CancellationToken cancellation)
    {
        List<object[]>[] rows = await Transact(new Fence.Entrance(),
        [
            new($"""
                INSERT INTO campaign({Rows.CampaignColumns})
                SELECT @id, @name, @request, @canonical, @hash, @budget, @state, @reason, @created, @finished, @term
                WHERE (SELECT count(*) FROM campaign WHERE state IN (0, 1)) < @max
                ON CONFLICT(id) DO NOTHING RETURNING id
                """,
                ("id", entry.Id), ("name", Rows.Text(entry.Name)), ("request", Rows.Text(entry.Request)), ("canonical", Rows.Text(entry.Canonical)),
                ("hash", entry.Hash), ("budget", entry.Budget?.Ticks), ("state", (int)entry.State), ("reason", Rows.Text(entry.Reason)),
                ("created", Rows.Time(entry.Created)), ("finished", entry.Finished is { } f ? Rows.Time(f) : null), ("term", entry.Term), ("max", (long)maxActive)),
        ], cancellation);
        return rows[0].Count == 1 ? entry : await Find(entry.Id, cancellation);
    }

    public async Task<CampaignEntry?> Find(string id, CancellationToken cancellation) =>
        (await Read(new($"SELECT {Rows.CampaignColumns} FROM campaign WHERE id = @id", ("id", Rows.Text(id))), Rows.Campaign, cancellation)).FirstOrDefault();

    public async Task<IReadOnlyList<CampaignEntry>> List(int limit, CancellationToken cancellation) =>
        await Read(new($"SELECT {Rows.CampaignColumns} FROM campaign ORDER BY created DESC, id DESC LIMIT @limit", ("limit", (long)limit)), Rows.Campaign, cancellation);

    public async Task<IReadOnlyList<CampaignEntry>> Active(CancellationToken cancellation) =>
        await Read(new($"SELECT {Rows.CampaignColumns} FROM campaign WHERE state IN (0, 1) ORDER BY created, id"), Rows.Campaign, cancellation);

    public async Task<long> BeginTerm(string id, CancellationToken cancellation)
    {
        List<object[]>[] rows = await Transact(new Fence.None(), [new("UPDATE campaign SET term = term + 1 WHERE id = @id RETURNING term", ("id", id))], cancellation);
        return rows[0].Count == 1 ? (long)rows[0][0][0] : throw new StaleTermException(id, 0);
    }

    public Task SetState(string id, long term, CampaignState state, string reason, CancellationToken cancellation) =>
        Transact(new Fence.Term(id, term),
        [
            state is CampaignState.Running or CampaignState.Paused
                ? new("UPDATE campaign SET state = @state, reason = @reason, finished = NULL WHERE id = @id", ("id", id), ("state", (int)state), ("reason", Rows.Text(reason)))
                : new("UPDATE campaign SET state = @state, reason = @reason, finished = coalesce(finished, @now) WHERE id = @id",
                    ("id", id), ("state", (int)state), ("reason", Rows.Text(reason)), ("now", Now)),
        ], cancellation);

    public Task SaveCounts(string id, long term, FarmCounts counts, CancellationToken cancellation) =>
        Transact(new Fence.Term(id, term),
        [
            new("INSERT INTO counts(campaign, counts) VALUES(@id, @counts) ON CONFLICT(campaign) DO UPDATE SET counts = excluded.counts",
                ("id", id), ("counts", Rows.Json(counts))),
        ], cancellation);

    public async Task<FarmCounts> Counts(string id, CancellationToken cancellation) =>
        (await Read(new("SELECT counts FROM counts WHERE campaign = @id", ("id", id)), r => Rows.Value<FarmCounts>(r.GetString(0)), cancellation))
            .FirstOrDefault(FarmCounts.None);

    public Task SaveReport(string id, long term, byte[] json, byte[] page, CancellationToken cancellation) =>
        Transact(new Fence.Term(id, term),
        [
            new("INSERT INTO report(campaign, json, page) VALUES(@id, @json, @page) ON CONFLICT(campaign) DO UPDATE SET json = excluded.json, page = excluded.page",
                ("id", id), ("json", json), ("page", page)),
        ], cancellation);

    public async Task<(byte[] Json, byte[] Page)?> Report(string id, CancellationToken cancellation)
    {
        List<(byte[], byte[])> rows = await Read(new("SELECT json, page FROM report WHERE campaign = @id", ("id", id)),
            r => (r.GetFieldValue<byte[]>(0), r.GetFieldValue<byte[]>(1)), cancellation);
        return rows.Count == 0 ? null : rows[0];
    }
}
