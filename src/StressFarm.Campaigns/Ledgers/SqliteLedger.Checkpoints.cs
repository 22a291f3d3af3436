using System.Text.Json;
using Microsoft.Data.Sqlite;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Ledgers;

/// <summary>The checkpoints of a soak in its ledger: an epoch's row and the checkpoint after it are written in one transaction.</summary>
public sealed partial class SqliteLedger
{
    private const string CheckpointTable =
        "CREATE TABLE checkpoint(cell INTEGER NOT NULL, epoch INTEGER NOT NULL, section INTEGER NOT NULL, state BLOB NOT NULL, statehash TEXT NOT NULL, chain TEXT NOT NULL, pinned INTEGER NOT NULL, PRIMARY KEY(cell, epoch)) WITHOUT ROWID";

    public Recorded RecordEpoch(int cell, ShardRecord record, Checkpoint checkpoint, bool pinBefore) => Guarded(() =>
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Recorded recorded = Insert(cell, checkpoint.Epoch, record);
        if (recorded == Recorded.Added)
        {
            if (pinBefore) Run("UPDATE checkpoint SET pinned = 1 WHERE cell = $cell AND epoch = $epoch", cell, checkpoint.Epoch - 1);
            using SqliteCommand insert = Command(
                "INSERT OR REPLACE INTO checkpoint(cell, epoch, section, state, statehash, chain, pinned) VALUES($cell, $epoch, $section, $state, $hash, $chain, 0)",
                ("$cell", cell), ("$epoch", checkpoint.Epoch), ("$section", checkpoint.Section), ("$state", checkpoint.State),
                ("$hash", checkpoint.StateHash), ("$chain", checkpoint.Chain));
            insert.ExecuteNonQuery();
            Drop(cell, checkpoint.Epoch);
        }
        transaction.Commit();
        return recorded == Recorded.Same && ReadLink(cell, checkpoint.Epoch) != record.Link ? Recorded.Mismatch : recorded;
    });

    private SoakLink? ReadLink(int cell, long epoch)
    {
        using SqliteCommand query = Command("SELECT record FROM shard WHERE cell = $cell AND number = $epoch", ("$cell", cell), ("$epoch", epoch));
        return query.ExecuteScalar() is string json ? JsonSerializer.Deserialize<ShardRecord>(json)?.Link : null;
    }

    /// <summary>Whether a checkpoint can go is seen when it is third from the end: all older ones were seen then.</summary>
    private void Drop(int cell, long last)
    {
        long epoch = last - 2;
        if (epoch >= 0 && !CheckpointRetention.Keeps(epoch, last, pinned: false))
            Run("DELETE FROM checkpoint WHERE cell = $cell AND epoch = $epoch AND pinned = 0", cell, epoch);
    }

    public Checkpoint? FindCheckpoint(int cell, long epoch) =>
        Checkpoints("WHERE cell = $cell AND epoch <= $epoch ORDER BY epoch DESC LIMIT 1", ("$cell", cell), ("$epoch", epoch)).Select(c => c.Checkpoint).FirstOrDefault();

    /// <summary>Every checkpoint kept, by cell and epoch.</summary>
    public IEnumerable<(int Cell, Checkpoint Checkpoint)> Checkpoints() => Checkpoints("ORDER BY cell, epoch");

    private List<(int Cell, Checkpoint Checkpoint)> Checkpoints(string which, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand query = Command($"SELECT cell, epoch, section, state, statehash, chain FROM checkpoint {which}", parameters);
        return Guarded(() =>
        {
            var found = new List<(int, Checkpoint)>();
            using SqliteDataReader reader = query.ExecuteReader();
            while (reader.Read())
                found.Add((reader.GetInt32(0), new(reader.GetInt32(2), reader.GetInt64(1), (byte[])reader.GetValue(3), reader.GetString(4), reader.GetString(5))));
            return found;
        });
    }

    private void Run(string sql, int cell, long epoch)
    {
        using SqliteCommand command = Command(sql, ("$cell", cell), ("$epoch", epoch));
        command.ExecuteNonQuery();
    }
}
