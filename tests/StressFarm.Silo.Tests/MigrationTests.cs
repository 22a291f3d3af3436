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
        await Assert.ThrowsAsync<Campaigns.StoreException>(() => Apply([.. Migration.Known, new Migration(Migration.Known.Count + 1, "099-bad.sql", "CREATE TABLE stressfarm.half(x integer); SELECT 1/0")]));
        await using var connection = new NpgsqlConnection(_address + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT to_regclass('stressfarm.half') IS NULL AND to_regclass('stressfarm.campaign') IS NULL", connection);
        Assert.True((bool)(await command.ExecuteScalarAsync())!);
    }
}
