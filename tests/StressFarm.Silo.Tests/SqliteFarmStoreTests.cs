using Microsoft.Data.Sqlite;
using StressFarm.Silo.Stores;

namespace StressFarm.Silo.Tests;

public sealed class SqliteFarmStoreTests : FarmStoreContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-store-").FullName;
    private string File => Path.Combine(_folder, "farm.sqlite");

    protected override Task<FarmStore> Open() => Task.FromResult(OpenAnother());
    protected override FarmStore OpenAnother() => SqliteFarmStore.Open(File, Clock);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_file_that_another_process_holds_is_a_failure_that_passes()
    {
        long term = await Begin();
        using var holder = new SqliteConnection($"Data Source={File};Pooling=False");
        holder.Open();
        await using SqliteFarmStore hasty = SqliteFarmStore.Open(File, Clock, patience: 1);
        using (SqliteTransaction _ = holder.BeginTransaction(deferred: false))
        {
            StoreException failure = await Assert.ThrowsAsync<StoreException>(() => hasty.SaveCounts("C-1", term, FarmCounts.None, None));
            Assert.Contains("another process holds it", failure.Message);
        }
        await hasty.SaveCounts("C-1", term, FarmCounts.None, None);
    }

    [Fact]
    public void What_is_no_store_is_refused_with_a_line()
    {
        string path = Path.Combine(_folder, "other");
        System.IO.File.WriteAllText(path, new string('x', 5000));
        Assert.Contains("damaged store", Assert.Throws<SchemaException>(() => SqliteFarmStore.Open(path)).Message);

        path = Path.Combine(_folder, "foreign.sqlite");
        Execute(path, "CREATE TABLE t(x)");
        Assert.Contains("not a StressFarm store", Assert.Throws<SchemaException>(() => SqliteFarmStore.Open(path)).Message);
        Assert.Contains("cannot be opened", Assert.Throws<StoreException>(() => SqliteFarmStore.Open(Path.Combine(_folder, "no", "such", "folder"))).Message);
    }

    [Fact]
    public void A_newer_file_is_refused_with_a_line()
    {
        string path = Path.Combine(_folder, "newer.sqlite");
        _ = SqliteFarmStore.Open(path).DisposeAsync();
        Execute(path, "PRAGMA user_version = 99");
        Assert.Contains("has schema 99", Assert.Throws<SchemaException>(() => SqliteFarmStore.Open(path)).Message);
    }

    [Fact]
    public async Task An_older_file_is_brought_up_and_keeps_every_checkpoint_it_had()
    {
        long fence = await Store.BeginSection("C-1", 0, None);
        for (long n = 0; n < 6; n++) await Save(0, fence, n, pinBefore: false);
        string path = Path.Combine(_folder, "older.sqlite");
        Execute(File, $"VACUUM INTO '{path}'");
        Execute(path, "ALTER TABLE checkpoint DROP COLUMN pinned; PRAGMA user_version = 1");
        for (int opened = 0; opened < 2; opened++) await SqliteFarmStore.Open(path).DisposeAsync();
        await using SqliteFarmStore store = SqliteFarmStore.Open(path);
        for (long n = 6; n < 12; n++) await store.SaveCheckpoint("C-1", 0, fence, n, [], "h", "c", pinBefore: n == 10, None);
        await store.PruneCheckpoints("C-1", 0, 100, None);
        Assert.Equal([0L, 1, 2, 3, 4, 5, 7, 9, 11], await store.CheckpointNumbers("C-1", 0, None));
        // It is a file like any other now.
        Assert.Equal(Schema(File), Schema(path));
    }

    private static string Schema(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || ' ' || coalesce(dflt_value, ''), '; ') || (SELECT user_version FROM pragma_user_version) FROM pragma_table_info('checkpoint')";
        return (string)command.ExecuteScalar()!;
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
