using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Leases;

namespace StressFarm.Silo.Stores;

/// <summary>
/// The store of a single silo: one SQLite file with a write-ahead log. One connection writes, one transaction at a time;
/// readers have connections of their own and see what was committed.
/// </summary>
/// <remarks>A killed process loses nothing that was committed. A machine that loses power may lose the last moments, as a whole.</remarks>
public sealed class SqliteFarmStore : FarmStore
{
    private const int Busy = 5, Locked = 6, Error = 1, Corrupt = 11, CannotOpen = 14, NotADatabase = 26;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SqliteConnection _writer;
    private readonly string _path, _reading;

    private SqliteFarmStore(SqliteConnection writer, string path, TimeProvider clock, int patience) : base(clock) =>
        (_writer, _path, _reading) = (writer, path, Address(path, SqliteOpenMode.ReadWrite, patience, pooling: true));

    /// <summary>Opens the store in this file, or begins it.</summary>
    /// <param name="patience">seconds to wait for another process that holds the file</param>
    /// <exception cref="SchemaException">the file is none of ours, or of a newer version</exception>
    /// <exception cref="StoreException">the file cannot be opened</exception>
    public static SqliteFarmStore Open(string path, TimeProvider? clock = null, int patience = 10)
    {
        var writer = new SqliteConnection(Address(path, SqliteOpenMode.ReadWriteCreate, patience, pooling: false));
        try
        {
            writer.Open();
            Begin(writer, path);
            return new SqliteFarmStore(writer, path, clock ?? TimeProvider.System, patience);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is NotADatabase or Corrupt)
        {
            writer.Dispose();
            throw new SchemaException($"'{path}' is a damaged store or none at all");
        }
        catch (SqliteException e)
        {
            writer.Dispose();
            throw Failure(path, e);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _writer.Dispose();
        using var pooled = new SqliteConnection(_reading);
        SqliteConnection.ClearPool(pooled);
    }

    protected override Task<List<T>> Read<T>(Statement statement, Func<DbDataReader, T> row, CancellationToken cancellation) => Task.Run(() =>
    {
        try
        {
            using var connection = new SqliteConnection(_reading);
            connection.Open();
            using SqliteCommand command = Command(connection, statement);
            using SqliteDataReader reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                rows.Add(row(reader));
            }
            return rows;
        }
        catch (SqliteException e)
        {
            throw Failure(_path, e);
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or FormatException)
        {
            throw new StoreException($"the store '{_path}' holds a row that cannot be read", e);
        }
    }, cancellation);

    protected override async Task<List<object[]>[]> Transact(Fence fence, IReadOnlyList<Statement> statements, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => Transact(fence, statements), CancellationToken.None);
        }
        catch (SqliteException e)
        {
            throw Failure(_path, e);
        }
        finally
        {
            _turn.Release();
        }
    }

    private List<object[]>[] Transact(Fence fence, IReadOnlyList<Statement> statements)
    {
        // Immediate: another process that has the file open writes before or after, never between the fence and the rows.
        using SqliteTransaction transaction = _writer.BeginTransaction(deferred: false);
        Demand(fence);
        var rows = new List<object[]>[statements.Count];
        SqliteCommand? command = null;
        for (int i = 0; i < rows.Length; i++)
        {
            // A batch is the same statement many times: it is compiled once.
            if (command?.CommandText == statements[i].Sql)
            {
                SetValues(command, statements[i]);
            }
            else
            {
                command?.Dispose();
                command = Command(_writer, statements[i]);
            }
            rows[i] = Run(command);
        }
        command?.Dispose();
        transaction.Commit();
        return rows;
    }

    private static List<object[]> Run(SqliteCommand command)
    {
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<object[]>();
        while (reader.Read())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }
        return rows;
    }

    private void Demand(Fence fence)
    {
        switch (fence)
        {
            case Fence.Term t when Scalar(_writer, new("SELECT term FROM campaign WHERE id = @id", ("id", t.Campaign))) != t.Value:
                throw new StaleTermException(t.Campaign, t.Value);
            case Fence.Section s when Scalar(_writer, new("SELECT fence FROM section WHERE campaign = @id AND cell = @cell", ("id", s.Campaign), ("cell", s.Cell))) != s.Value:
                throw new StaleSectionException(s.Campaign, s.Cell, s.Value);
        }
    }

    protected override IEnumerable<Statement> AddShards(string id, IReadOnlyList<ShardResult> results, DateTimeOffset now) => results.Select(r => new Statement(
        $"""
        INSERT INTO shard(campaign, {Rows.LineColumns}, record)
        VALUES(@id, @idx, @cell, @number, @first_seed, @count, @schedules, @steps, @digest, @epoch, @holder, @recorded, @record)
        ON CONFLICT(campaign, idx) DO NOTHING RETURNING idx
        """,
        ("id", id), ("idx", r.Shard.Index), ("cell", r.Shard.Cell), ("number", r.Shard.Number), ("first_seed", Rows.Hex(r.Shard.FirstSeed)),
        ("count", r.Shard.Count), ("schedules", r.Record.Schedules), ("steps", r.Record.Steps), ("digest", Rows.Hex(r.Record.Digest)),
        ("epoch", r.Epoch), ("holder", r.Holder), ("recorded", now), ("record", Rows.Json(r.Record))));

    protected override IEnumerable<Statement> PutLeases(string id, IReadOnlyList<Lease> leases) => leases.Select(l => new Statement(
        """
        INSERT INTO lease(campaign, key, epoch, holder, expires, progress, work) VALUES(@id, @key, @epoch, @holder, @expires, @progress, @work)
        ON CONFLICT(campaign, key) DO UPDATE SET epoch = excluded.epoch, holder = excluded.holder, expires = excluded.expires, progress = excluded.progress, work = excluded.work
        WHERE excluded.epoch >= lease.epoch
        """,
        ("id", id), ("key", l.Work.Key), ("epoch", l.Epoch), ("holder", l.Holder), ("expires", Rows.Time(l.Expires)), ("progress", l.Progress), ("work", Rows.Json(l.Work))));

    protected override IEnumerable<Statement> EndLeases(string id, IReadOnlyList<string> keys) =>
        keys.Select(k => new Statement("DELETE FROM lease WHERE campaign = @id AND key = @key", ("id", id), ("key", k)));

    protected override Statement DigestsOf(string id, IReadOnlyList<long> indexes) =>
        new("SELECT idx, digest FROM shard WHERE campaign = @id AND idx IN (SELECT value FROM json_each(@indexes))", ("id", id), ("indexes", JsonSerializer.Serialize(indexes)));

    private static string Address(string path, SqliteOpenMode mode, int patience, bool pooling) =>
        new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = pooling, DefaultTimeout = patience }.ToString();

    /// <summary>Begins an empty file in one transaction, so that it is empty or whole whenever it is killed.</summary>
    private static void Begin(SqliteConnection connection, string path)
    {
        if (Scalar(connection, new("SELECT count(*) FROM sqlite_master")) == 0)
        {
            Execute(connection, "PRAGMA journal_mode = WAL");
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            if (Scalar(connection, new("SELECT count(*) FROM sqlite_master")) == 0)
            {
                Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {SqliteSchema.ApplicationId}; PRAGMA user_version = {SqliteSchema.Version}"));
                Execute(connection, SqliteSchema.Create);
            }
            transaction.Commit();
        }
        if (Scalar(connection, new("PRAGMA application_id")) != SqliteSchema.ApplicationId) throw new SchemaException($"'{path}' is not a StressFarm store");
        long version = Scalar(connection, new("PRAGMA user_version")) ?? 0;
        if (version > SqliteSchema.Version)
            throw new SchemaException(string.Create(CultureInfo.InvariantCulture, $"'{path}' has schema {version}; this silo knows {SqliteSchema.Version}: use a newer one"));
        if (version < SqliteSchema.Version) BringUp(connection);
        Execute(connection, "PRAGMA synchronous = NORMAL");
    }

    /// <summary>Brings an older file to this schema, in one transaction: another process may be about to do the same.</summary>
    private static void BringUp(SqliteConnection connection)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        for (long version = Scalar(connection, new("PRAGMA user_version")) ?? 0; version < SqliteSchema.Version; version++)
            Execute(connection, SqliteSchema.From(version));
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {SqliteSchema.Version}"));
        transaction.Commit();
    }

    private static StoreException Failure(string path, SqliteException e)
    {
        string why = e.SqliteErrorCode switch
        {
            Busy or Locked => "another process holds it",
            CannotOpen => "it cannot be opened",
            Error or Corrupt or NotADatabase => $"it is damaged ({e.Message.ReplaceLineEndings(" ")})",
            _ => e.Message.ReplaceLineEndings(" "),
        };
        return new StoreException($"the store '{path}' failed: {why}", e);
    }

    private static SqliteCommand Command(SqliteConnection connection, Statement statement)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = statement.Sql;
        SetValues(command, statement);
        return command;
    }

    private static void SetValues(SqliteCommand command, Statement statement)
    {
        command.Parameters.Clear();
        foreach (var (name, value) in statement.Values ?? []) command.Parameters.AddWithValue("@" + name, value ?? DBNull.Value);
    }

    private static long? Scalar(SqliteConnection connection, Statement statement)
    {
        using SqliteCommand command = Command(connection, statement);
        return command.ExecuteScalar() as long?;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = Command(connection, new(sql));
        command.ExecuteNonQuery();
    }
}
