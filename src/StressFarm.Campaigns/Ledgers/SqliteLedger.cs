using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Specs;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Ledgers;

/// <summary>
/// The ledger of one campaign as a SQLite file: one row per shard done, keyed so that a second write is a no-op. A run that
/// is killed at any instant leaves every finished shard in it.
/// </summary>
public sealed partial class SqliteLedger : ICampaignStore, IDisposable
{
    public const string FileName = "ledger.sqlite";
    /// <summary>"SFL1" in the header's application id: what tells a ledger from another SQLite file.</summary>
    private const long ApplicationId = 0x53464c31;
    private const int ReadOnly = 8, CannotOpen = 14;
    private readonly SqliteConnection _connection;
    private readonly string _path;

    private SqliteLedger(SqliteConnection connection, string path) => (_connection, _path) = (connection, path);

    /// <summary>Opens the ledger of <paramref name="plan"/>'s spec in a folder, or begins it.</summary>
    /// <exception cref="SpecException">the folder holds another campaign, or what lies there is no sound ledger</exception>
    public static SqliteLedger Open(string folder, CampaignPlan plan)
    {
        string path = Path.Combine(folder, FileName);
        SqliteLedger ledger = Connect(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            ledger.Guarded(() => ledger.Begin(plan.Spec, folder));
            return ledger;
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    /// <summary>Opens the ledger in a folder to read from it, whatever campaign it is of.</summary>
    public static SqliteLedger OpenToRead(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new SpecException($"no campaign lies in '{folder}': {FileName} is not there");
        SqliteLedger ledger = Connect(path, SqliteOpenMode.ReadWrite);
        try
        {
            if (!ledger.CanRead())
            {
                // No place for the files that a write-ahead log needs beside it: then nobody writes, and it is read as it lies.
                ledger.Dispose();
                ledger = Connect(path, SqliteOpenMode.ReadOnly, $"{new Uri(Path.GetFullPath(path)).AbsoluteUri}?immutable=1");
            }
            ledger.Guarded(ledger.CheckOurs);
            return ledger;
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    /// <summary>The spec of the campaign that lies here.</summary>
    /// <exception cref="SpecException">it is of another build</exception>
    public CampaignSpec ReadSpec() => Guarded(() =>
    {
        using SqliteCommand query = Command("SELECT spec FROM campaign");
        return CanonicalSpec.Read((string?)query.ExecuteScalar() ?? throw new JsonException("no campaign"));
    });

    private bool CanRead()
    {
        try
        {
            Scalar("SELECT count(*) FROM sqlite_master");
            return true;
        }
        catch (SqliteException e)
        {
            return e.SqliteErrorCode is not (ReadOnly or CannotOpen);
        }
    }

    public IEnumerable<StoredShard> Shards()
    {
        using SqliteCommand command = Command("SELECT cell, number, digest, record FROM shard ORDER BY number, cell");
        using SqliteDataReader reader = Guarded(command.ExecuteReader);
        while (Guarded(reader.Read))
        {
            StoredShard stored = Guarded(() =>
            {
                ShardRecord record = JsonSerializer.Deserialize<ShardRecord>(reader.GetString(3)) ?? throw new JsonException("null");
                if (reader.GetString(2) != DigestText.Hex(record.Digest)) throw new JsonException("digest");
                return new StoredShard(reader.GetInt32(0), reader.GetInt64(1), record);
            });
            yield return stored;
        }
    }

    public Recorded Record(int cell, long number, ShardRecord record) => Guarded(() => Insert(cell, number, record));

    private Recorded Insert(int cell, long number, ShardRecord record)
    {
        string digest = DigestText.Hex(record.Digest);
        using SqliteCommand insert = Command(
            "INSERT INTO shard(cell, number, digest, record) VALUES($cell, $number, $digest, $record) ON CONFLICT DO NOTHING",
            ("$cell", cell), ("$number", number), ("$digest", digest), ("$record", JsonSerializer.Serialize(record)));
        if (insert.ExecuteNonQuery() == 1) return Recorded.Added;
        using SqliteCommand query = Command("SELECT digest FROM shard WHERE cell = $cell AND number = $number", ("$cell", cell), ("$number", number));
        return (string?)query.ExecuteScalar() == digest ? Recorded.Same : Recorded.Mismatch;
    }

    public Finding? FindWorkup(int cell, RawFinding raw) => Guarded(() =>
    {
        using SqliteCommand query = Command(
            "SELECT finding FROM workup WHERE cell = $cell AND seed = $seed AND raw = $raw",
            ("$cell", cell), ("$seed", SeedText(raw.LowestSeed)), ("$raw", raw.Key));
        return query.ExecuteScalar() is string json ? JsonSerializer.Deserialize<Finding>(json) : null;
    });

    public void RecordWorkup(int cell, RawFinding raw, Finding finding) => Guarded(() =>
    {
        using SqliteCommand insert = Command(
            "INSERT INTO workup(cell, seed, raw, id, finding) VALUES($cell, $seed, $raw, $id, $finding) ON CONFLICT DO NOTHING",
            ("$cell", cell), ("$seed", SeedText(raw.LowestSeed)), ("$raw", raw.Key), ("$id", finding.Id), ("$finding", JsonSerializer.Serialize(finding)));
        return insert.ExecuteNonQuery();
    });

    /// <summary>The finding with this id that is lowest in (cell, seed), or null.</summary>
    public Finding? FindById(string id) => Guarded(() =>
    {
        using SqliteCommand query = Command("SELECT finding FROM workup WHERE id = $id COLLATE NOCASE ORDER BY cell, seed LIMIT 1", ("$id", id));
        return query.ExecuteScalar() is string json ? JsonSerializer.Deserialize<Finding>(json) : null;
    });

    public void Dispose() => _connection.Dispose();

    private static SqliteLedger Connect(string path, SqliteOpenMode mode, string? address = null)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = address ?? path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = 30,
        }.ToString());
        try
        {
            connection.Open();
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new SpecException($"cannot open the ledger '{path}': {e.Message}");
        }
        return new SqliteLedger(connection, path);
    }

    private int Begin(CampaignSpec spec, string folder)
    {
        if (Scalar("SELECT count(*) FROM sqlite_master") == 0) Create(spec);
        CheckOurs();
        Execute("PRAGMA synchronous = NORMAL");
        using SqliteCommand query = Command("SELECT hash, spec FROM campaign");
        using SqliteDataReader reader = query.ExecuteReader();
        if (!reader.Read()) throw new SpecException($"'{_path}' is a damaged ledger: it names no campaign; choose another --out");
        if (reader.GetString(0) != spec.Hash)
            throw new SpecException($"'{folder}' holds another campaign ({SpecDifference.FirstLine(reader.GetString(1), spec.Canonical)}); choose another --out or remove it");
        return 0;
    }

    /// <summary>
    /// Begins an empty ledger. In one transaction that is immediate, so that a ledger killed while it begins is empty or whole,
    /// and of two runs that begin it at once the second one waits, looks again and finds it begun.
    /// </summary>
    private void Create(CampaignSpec spec)
    {
        Execute("PRAGMA journal_mode = WAL");
        using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
        if (Scalar("SELECT count(*) FROM sqlite_master") > 0) return;
        Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
        Execute("CREATE TABLE campaign(hash TEXT NOT NULL, spec TEXT NOT NULL)");
        Execute("CREATE TABLE shard(cell INTEGER NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY(number, cell)) WITHOUT ROWID");
        Execute("CREATE TABLE workup(cell INTEGER NOT NULL, seed TEXT NOT NULL, raw TEXT NOT NULL, id TEXT NOT NULL, finding TEXT NOT NULL, PRIMARY KEY(cell, seed, raw)) WITHOUT ROWID");
        if (spec.Soak is not null) Execute(CheckpointTable);
        using (SqliteCommand insert = Command("INSERT INTO campaign(hash, spec) VALUES($hash, $spec)", ("$hash", spec.Hash), ("$spec", spec.Canonical)))
            insert.ExecuteNonQuery();
        transaction.Commit();
    }

    private int CheckOurs()
    {
        if (Scalar("PRAGMA application_id") != ApplicationId)
            throw new SpecException($"'{_path}' is not a StressFarm ledger; choose another --out");
        return 0;
    }

    /// <summary>Turns what SQLite and the decoder throw into the two failures that users see.</summary>
    private T Guarded<T>(Func<T> action)
    {
        const int Corrupt = 11, NotADatabase = 26, Error = 1;
        try
        {
            return action();
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Corrupt or NotADatabase or Error)
        {
            throw new SpecException($"'{_path}' is a damaged ledger or none at all ({OneLine(e.Message)}); choose another --out");
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or FormatException)
        {
            throw new SpecException($"'{_path}' is a damaged ledger: a row in it cannot be read; choose another --out");
        }
        catch (SqliteException e) when (e.SqliteErrorCode is ReadOnly or CannotOpen)
        {
            throw new SpecException($"cannot write the ledger '{_path}': {OneLine(e.Message)}");
        }
        catch (SqliteException e)
        {
            throw new CampaignFault($"the ledger '{_path}' failed: {OneLine(e.Message)}", e);
        }
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = Command(sql);
        command.ExecuteNonQuery();
    }

    private long Scalar(string sql)
    {
        using SqliteCommand command = Command(sql);
        return (long)(command.ExecuteScalar() ?? 0L);
    }

    /// <summary>Seeds are unsigned and SQLite's integers are not: as fixed-width text they sort.</summary>
    private static string SeedText(ulong seed) => seed.ToString("x16", CultureInfo.InvariantCulture);
    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}
