using System.Data.Common;
using Npgsql;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Leases;

namespace StressFarm.Silo.Stores;

/// <summary>
/// The store of a farm. A transaction is one round trip: its fence and its statements go out together and are committed
/// together, or none of them is.
/// </summary>
public sealed class PostgresFarmStore : FarmStore
{
    /// <summary>"SFEN": the advisory lock that campaigns enter under.</summary>
    private const long EntranceLock = 0x5346454e;
    private readonly NpgsqlDataSource _source;

    /// <summary>The schema must be there (<see cref="Migration"/>); nothing is asked of the server before the first call.</summary>
    /// <exception cref="SchemaException">it is no connection string</exception>
    public PostgresFarmStore(string connectionString, TimeProvider? clock = null) : base(clock ?? TimeProvider.System) =>
        _source = NpgsqlDataSource.Create(PostgresAddress.ForStore(connectionString));

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    protected override async Task<List<T>> Read<T>(Statement statement, Func<DbDataReader, T> row, CancellationToken cancellation)
    {
        try
        {
            await using NpgsqlCommand command = _source.CreateCommand(statement.Sql);
            AddValues(command.Parameters, statement);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancellation)) rows.Add(row(reader));
            return rows;
        }
        catch (Exception e) when (PostgresFailures.Known(e))
        {
            throw PostgresFailures.Told(e);
        }
    }

    protected override async Task<List<object[]>[]> Transact(Fence fence, IReadOnlyList<Statement> statements, CancellationToken cancellation)
    {
        try
        {
            // A batch without a transaction of its own is one: it has a single point where all of it is committed.
            await using NpgsqlBatch batch = _source.CreateBatch();
            Statement? demand = Demand(fence);
            if (demand is { } first) Add(batch, first);
            foreach (Statement statement in statements) Add(batch, statement);

            var rows = new List<object[]>[statements.Count];
            for (int i = 0; i < rows.Length; i++) rows[i] = [];
            // The driver passes over statements that give no rows.
            var giving = new Queue<List<object[]>>(rows.Where((_, i) => statements[i].GivesRows));
            if (demand is not null) giving = new([[], .. giving]);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellation);
            do
            {
                if (reader.FieldCount == 0) break;
                List<object[]> into = giving.Dequeue();
                while (await reader.ReadAsync(cancellation))
                {
                    var row = new object[reader.FieldCount];
                    reader.GetValues(row);
                    into.Add(row);
                }
            }
            while (await reader.NextResultAsync(cancellation));
            return rows;
        }
        catch (Exception e) when (PostgresFailures.Known(e))
        {
            throw PostgresFailures.Told(e, fence);
        }
    }

    private static Statement? Demand(Fence fence) => fence switch
    {
        Fence.Term t => new("SELECT demand_term(@id, @term)", ("id", t.Campaign), ("term", t.Value)),
        Fence.Section s => new("SELECT demand_section(@id, @cell, @fence)", ("id", s.Campaign), ("cell", s.Cell), ("fence", s.Value)),
        Fence.Entrance => new("SELECT pg_advisory_xact_lock(@lock)", ("lock", EntranceLock)),
        _ => null,
    };

    protected override IEnumerable<Statement> AddShards(string id, IReadOnlyList<ShardResult> results, DateTimeOffset now)
    {
        if (results.Count == 0) yield break;
        yield return new($"""
            INSERT INTO shard(campaign, recorded, {Columns})
            SELECT @id, @recorded, {Columns}
            FROM unnest(@idx, @cell, @number, @first_seed, @count, @schedules, @steps, @digest, @epoch, @holder, @record) AS given({Columns})
            ON CONFLICT(campaign, idx) DO NOTHING RETURNING idx
            """,
            ("id", id), ("recorded", now), ("idx", All(results, r => r.Shard.Index)), ("cell", All(results, r => r.Shard.Cell)),
            ("number", All(results, r => r.Shard.Number)), ("first_seed", All(results, r => Rows.Hex(r.Shard.FirstSeed))),
            ("count", All(results, r => r.Shard.Count)), ("schedules", All(results, r => r.Record.Schedules)), ("steps", All(results, r => r.Record.Steps)),
            ("digest", All(results, r => Rows.Hex(r.Record.Digest))), ("epoch", All(results, r => r.Epoch)), ("holder", All(results, r => r.Holder)),
            ("record", All(results, r => Rows.Json(r.Record))));
    }

    private const string Columns = "idx, cell, number, first_seed, count, schedules, steps, digest, epoch, holder, record";

    protected override IEnumerable<Statement> PutLeases(string id, IReadOnlyList<Lease> leases)
    {
        if (leases.Count == 0) yield break;
        yield return new("""
            INSERT INTO lease(campaign, key, epoch, holder, expires, progress, work)
            SELECT @id, given.* FROM unnest(@key, @epoch, @holder, @expires, @progress, @work) AS given
            ON CONFLICT(campaign, key) DO UPDATE SET epoch = excluded.epoch, holder = excluded.holder, expires = excluded.expires, progress = excluded.progress, work = excluded.work
            WHERE excluded.epoch >= lease.epoch
            """,
            ("id", id), ("key", All(leases, l => l.Work.Key)), ("epoch", All(leases, l => l.Epoch)), ("holder", All(leases, l => l.Holder)),
            ("expires", All(leases, l => Rows.Time(l.Expires))), ("progress", All(leases, l => l.Progress)), ("work", All(leases, l => Rows.Json(l.Work))));
    }

    protected override IEnumerable<Statement> EndLeases(string id, IReadOnlyList<string> keys)
    {
        if (keys.Count > 0) yield return new("DELETE FROM lease WHERE campaign = @id AND key = ANY(@keys)", ("id", id), ("keys", keys.ToArray()));
    }

    protected override Statement DigestsOf(string id, IReadOnlyList<long> indexes) =>
        new("SELECT idx, digest FROM shard WHERE campaign = @id AND idx = ANY(@indexes)", ("id", id), ("indexes", indexes.ToArray()));

    private static T[] All<S, T>(IReadOnlyList<S> items, Func<S, T> value) => [.. items.Select(value)];

    private static void Add(NpgsqlBatch batch, Statement statement)
    {
        var command = new NpgsqlBatchCommand(statement.Sql);
        AddValues(command.Parameters, statement);
        batch.BatchCommands.Add(command);
    }

    private static void AddValues(NpgsqlParameterCollection parameters, Statement statement)
    {
        foreach (var (name, value) in statement.Values ?? []) parameters.AddWithValue(name, value ?? DBNull.Value);
    }
}
