using Npgsql;
using StressFarm.Silo.Stores;

namespace StressFarm.Silo.Tests;

[Collection(PostgresCollection.Name)]
public sealed class PostgresFarmStoreTests(PostgresServer server) : FarmStoreContract
{
    private string _address = "";

    protected override async Task<FarmStore> Open()
    {
        _address = server.NewDatabase();
        await Migration.Apply(_address, TextWriter.Null, None);
        return OpenAnother();
    }

    protected override FarmStore OpenAnother() => new PostgresFarmStore(_address, Clock);

    [Fact]
    public async Task A_server_that_restarts_is_a_failure_that_passes_and_nothing_is_lost()
    {
        long term = await Begin();
        long recorded = 0, failures = 0;
        async Task Write(long upTo)
        {
            while (recorded < upTo)
            {
                try
                {
                    // What was committed and not answered for is there the second time.
                    Assert.NotEqual(Recorded.Mismatch, (await Store.Record("C-1", term, [StoreSamples.Result(recorded, 1)], None))[0]);
                    recorded++;
                }
                catch (StoreException e)
                {
                    failures++;
                    Assert.DoesNotContain("geheim", e.Message);
                    Assert.DoesNotContain('\n', e.Message);
                    await Task.Delay(20);
                }
            }
        }
        await Write(50);
        Task writing = Write(100_000_000);
        server.Kill();
        await Assert.ThrowsAsync<StoreException>(() => Store.Find("C-1", None));
        await Assert.ThrowsAsync<StoreException>(async () => await Store.Shards("C-1", None).FirstAsync());
        long before = Volatile.Read(ref recorded);
        server.Run();
        while (Volatile.Read(ref recorded) < before + 20 && !writing.IsCompleted) await Task.Delay(5);
        long end = Volatile.Read(ref recorded);
        await Store.BeginTerm("C-1", None);
        await Assert.ThrowsAsync<StaleTermException>(() => writing);
        Assert.True(failures > 0);
        List<StoredShard> there = await Store.Shards("C-1", None).ToListAsync();
        Assert.Equal(recorded, there.Count);
        Assert.True(recorded >= end);
    }

    [Fact]
    public async Task Failures_are_one_line_without_secrets()
    {
        NpgsqlConnectionStringBuilder address = new(_address);
        foreach (var (spoil, says) in new (Action<NpgsqlConnectionStringBuilder>, string)[]
        {
            (a => a.Port = 1, "does not answer"),
            (a => a.Password = "falsch-93", "refused"),
            (a => a.Database = "absent", "refused"),
            (a => a.Database = "postgres", "stressfarm-silo migrate"),
        })
        {
            NpgsqlConnectionStringBuilder spoilt = new(address.ToString());
            spoil(spoilt);
            await using var store = new PostgresFarmStore(spoilt.ToString(), Clock);
            StoreException failure = await Assert.ThrowsAsync<StoreException>(() => store.Find("C-1", None));
            Assert.Contains(says, failure.Message);
            Assert.DoesNotContain('\n', failure.Message);
            Assert.DoesNotContain("geheim", failure.ToString());
            Assert.DoesNotContain("falsch", failure.ToString());
        }
        SchemaException unreadable = Assert.Throws<SchemaException>(() => new PostgresFarmStore("Hoost=x;Password=geheim"));
        Assert.DoesNotContain("geheim", unreadable.ToString());
    }

    [Fact]
    public async Task A_statement_that_waits_too_long_is_a_failure_that_passes()
    {
        long term = await Begin();
        await using var hasty = new PostgresFarmStore(_address + ";Command Timeout=1", Clock);
        await using (var connection = new NpgsqlConnection(_address))
        {
            await connection.OpenAsync();
            await using NpgsqlTransaction holding = await connection.BeginTransactionAsync();
            await using var command = new NpgsqlCommand("SELECT 1 FROM stressfarm.campaign FOR UPDATE", connection);
            await command.ExecuteNonQueryAsync();
            await Assert.ThrowsAsync<StoreException>(() => hasty.SaveCounts("C-1", term, FarmCounts.None, None));
        }
        await hasty.SaveCounts("C-1", term, FarmCounts.None, None);
    }
}
