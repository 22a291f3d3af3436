using System.Globalization;
using Npgsql;
using StressFarm.Silo.Stores;

namespace StressFarm.Silo.Tests;

[Collection(PostgresCollection.Name)]
public sealed class MigrationTests(PostgresServer server)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly string _address = server.NewDatabase();

    private async Task<string> Apply(IReadOnlyList<Migration>? known = null)
    {
        var output = new StringWriter();
        await Migration.Apply(_address, known ?? Migration.Known, output, None);
        return output.ToString();
    }

    [Fact]
    public void The_scripts_are_numbered_without_gaps() =>
        Assert.Equal(Enumerable.Range(1, Migration.Known.Count), Migration.Known.Select(m => m.Number));

    [Fact]
    public async Task A_second_time_does_nothing()
    {
        SchemaException none = await Assert.ThrowsAsync<SchemaException>(() => Migration.Demand(_address, None));
        Assert.Contains("has schema 0", none.Message);
        Assert.Contains("applied 001-stressfarm.sql", await Apply());
        Assert.Equal($"schema {Migration.Known.Count}, nothing to do\n", (await Apply()).ReplaceLineEndings("\n"));
        await Migration.Demand(_address, None);
    }

    [Fact]
    public async Task Many_at_once_apply_each_script_once()
    {
        string[] told = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Apply())));
        Assert.Single(told, t => t.Contains("applied"));
    }

    [Fact]
    public async Task An_older_database_gets_what_it_lacks()
    {
        await Apply([.. Migration.Known.Take(1)]);
        await Assert.ThrowsAsync<SchemaException>(() => Migration.Demand(_address, None));
        Assert.DoesNotContain("applied 001", await Apply());
        await Migration.Demand(_address, None);
    }

    /// <summary>Those that a silo of the version before keeps it knows by heart: any of them may be one that a finding needs.</summary>
    [Fact]
    public async Task Checkpoints_from_before_there_were_pins_stay_and_so_do_those_that_an_older_silo_still_writes()
    {
        await Apply([.. Migration.Known.TakeWhile(m => m.Name != "003-pins.sql")]);
        await Execute("INSERT INTO stressfarm.section(campaign, cell, fence) VALUES('C-1', 0, 1)");
        await Execute(Older(0, 5));
        await Apply();
        await Execute(Older(6, 9));
        await using var store = new PostgresFarmStore(_address);
        for (long n = 10; n < 14; n++) await store.SaveCheckpoint("C-1", 0, 1, n, [], "h", "c", pinBefore: n == 12, None);
        await store.PruneCheckpoints("C-1", 0, 100, None);
        Assert.Equal([0L, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13], await store.CheckpointNumbers("C-1", 0, None));
    }

    private static string Older(int first, int last) => string.Create(CultureInfo.InvariantCulture,
        $"INSERT INTO stressfarm.checkpoint(campaign, cell, number, state_hash, chain, state) SELECT 'C-1', 0, n, 'h', 'c', '' FROM generate_series({first}, {last}) AS n");

    [Fact]
    public async Task A_newer_database_is_refused_with_a_line()
    {
        await Apply([.. Migration.Known, new Migration(Migration.Known.Count + 1, "099-later.sql", "CREATE TABLE stressfarm.later(x integer)")]);
        SchemaException newer = await Assert.ThrowsAsync<SchemaException>(() => Apply());
        Assert.Contains("099-later.sql", newer.Message);
        await Assert.ThrowsAsync<SchemaException>(() => Migration.Demand(_address, None));
    }

    [Fact]
    public async Task A_script_that_was_changed_after_it_was_applied_is_refused()
    {
        await Apply([Migration.Known[0] with { Sql = Migration.Known[0].Sql + "\n-- more" }]);
        await Assert.ThrowsAsync<SchemaException>(() => Apply());
    }

    [Fact]
    public async Task A_script_that_fails_leaves_nothing_of_it()
    {
        await Assert.ThrowsAsync<Campaigns.Farm.StoreException>(() => Apply([.. Migration.Known, new Migration(Migration.Known.Count + 1, "099-bad.sql", "CREATE TABLE stressfarm.half(x integer); SELECT 1/0")]));
        Assert.True((bool)(await Execute("SELECT to_regclass('stressfarm.half') IS NULL AND to_regclass('stressfarm.campaign') IS NULL"))!);
    }

    private async Task<object?> Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(_address + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
