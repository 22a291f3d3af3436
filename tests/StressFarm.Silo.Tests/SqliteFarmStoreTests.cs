using Microsoft.Data.Sqlite;
using StressFarm.Campaigns;
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

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
