using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;
using StressFarm.Silo.Stores;
using StressFarm.Silo.Tests;

namespace StressFarm.Farm.Tests;

/// <summary>What docs/operations.md tells an operator to do, done to a farm that is at work.</summary>
[Collection(PostgresCollection.Name)]
public class OperationsTests(PostgresServer postgres)
{
    private static string Request(int seed, int schedules = 12000) => $"policies: [control, no-reinit]\nworkloads: [device-private-reinit, gup-pin]\nschedules: {schedules}\nseed: {seed}\n";

    [Fact]
    public async Task Silos_that_are_replaced_one_after_the_other_lose_nothing()
    {
        string whole = Request(11, 24000), database = postgres.NewDatabase();
        await Migration.Apply(database, TextWriter.Null, default);
        // With a lease of an hour nothing expires: what is done, is done because it was handed back. No gateways, as deployed.
        using TestFarm farm = await TestFarm.StartOn(database, silos: 2, leaseSeconds: 3600, gateways: false);
        string id = await farm.Submit(whole);
        await farm.Eventually("both silos work", async () => await farm.Status(id) is { Leases.Silos: 2, Share: > 0.05 });
        foreach (SiloProcess silo in farm.Silos)
        {
            Assert.Equal(0, silo.Terminate());
            silo.Start();
            await farm.Serves(silo);
        }
        CampaignStatus done = await farm.Done(id);
        Assert.Equal(("done", ""), (done.State, done.Reason));
        Assert.Empty(done.Defects);
        Assert.Equal((done.Ledger.Planned, 0, 0), (done.Ledger.Executed, done.Ledger.Lost, done.Ledger.Double));
        Assert.True(done.Leases.Reissued > 0);
        Assert.Equal([2, 2], farm.Silos.Select(s => s.Starts));
        Assert.Equal(EmbeddedRun.Of(whole).Report, await farm.Report(id));
    }

    [Fact]
    public async Task A_farm_goes_on_from_a_backup()
    {
        string cluster = $"backup-{Guid.NewGuid():N}", dump = Path.Combine(postgres.Folder, "farm.dump");
        string original = postgres.NewDatabase(), copy = postgres.NewDatabase(), bare = postgres.NewDatabase();
        Prepared roles = await Prepare();
        Roles(original, roles);
        await Migration.Apply(roles.Owner(original), TextWriter.Null, default);
        string running, paused;
        using (TestFarm farm = await TestFarm.StartOn(roles.Silos(original), silos: 2, cluster: cluster))
        {
            paused = await farm.Submit(Request(12));
            await farm.Eventually("some of it is done", async () => await farm.Status(paused) is { Share: > 0.1 });
            await farm.Steer(paused, "pause");
            running = await farm.Submit(Request(13));
            await farm.Eventually("some of the other is done", async () => await farm.Status(running) is { Share: > 0.1 });
            // While the silos work and write.
            postgres.Tool("pg_dump", original, "--format=custom", "--schema=stressfarm", "--schema=orleans", $"--file={dump}");
        }
        Roles(copy, roles);
        foreach (string restored in (string[])[copy, bare]) postgres.Tool("pg_restore", restored, "--exit-on-error", "--single-transaction", dump);
        await Migration.Demand(roles.Silos(copy), default);
        // What a migration makes later is the silos' to use, and is not where the roles were left out.
        foreach (string restored in (string[])[copy, bare]) await Execute(roles.Owner(restored), "CREATE TABLE stressfarm.later(x integer)");
        await Execute(roles.Silos(copy), "SELECT x FROM stressfarm.later");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => Execute(roles.Silos(bare), "SELECT x FROM stressfarm.later"))).SqlState);
        long kept;
        await using (var store = new PostgresFarmStore(copy))
        {
            kept = (await store.Lines(paused, 0, 1000, default)).Count;
            Assert.True(kept > 0);
            Assert.NotEmpty(await store.Lines(running, 0, 1000, default));
        }

        // The silos of the backup are in its members' table, and are no more.
        using TestFarm next = await TestFarm.StartOn(roles.Silos(copy), silos: 2, cluster: cluster);
        CampaignStatus went = await next.Done(running);
        Assert.Equal(("done", ""), (went.State, went.Reason));
        Assert.Equal(EmbeddedRun.Of(Request(13)).Report, await next.Report(running));
        CampaignStatus waits = await next.Seen(paused);
        Assert.Equal(("paused", kept), (waits.State, waits.Ledger.Executed));
        await next.Steer(paused, "resume");
        CampaignStatus done = await next.Done(paused);
        Assert.Equal((done.Ledger.Planned, 0, 0), (done.Ledger.Executed, done.Ledger.Lost, done.Ledger.Double));
        Assert.Equal(EmbeddedRun.Of(Request(12)).Report, await next.Report(paused));
    }

    [Fact]
    public async Task A_role_that_may_only_use_the_schemas_is_enough_for_the_silos()
    {
        string database = postgres.NewDatabase();
        Prepared roles = await Prepare();
        for (int twice = 0; twice < 2; twice++) Roles(database, roles);
        await Migration.Apply(roles.Owner(database), TextWriter.Null, default);
        string silos = roles.Silos(database);
        foreach (string refused in (string[])["CREATE TABLE stressfarm.more(x integer)", "CREATE SCHEMA more", "DROP TABLE stressfarm.shard", "TRUNCATE stressfarm.shard", "ALTER TABLE stressfarm.shard ADD COLUMN x integer"])
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => Execute(silos, refused))).SqlState);

        const string Small = "policies: [no-reinit]\nworkloads: [device-private-reinit]\nschedules: 2048\n";
        using TestFarm farm = await TestFarm.StartOn(silos, silos: 1, gateways: false);
        string id = await farm.Submit(Small);
        Assert.Equal(("done", ""), (await farm.Done(id) is var done ? (done.State, done.Reason) : default));
        Assert.Equal(EmbeddedRun.Of(Small).Report, await farm.Report(id));
    }

    /// <summary>What deploy/prepare makes for PostgreSQL.</summary>
    /// <param name="Script">a file that makes the roles</param>
    private sealed record Prepared(string Script, string OwnerText, string SilosText)
    {
        public string Owner(string database) => At(OwnerText, database);
        public string Silos(string database) => At(SilosText, database);
        private static string At(string text, string database) => new NpgsqlConnectionStringBuilder(text) { Database = new NpgsqlConnectionStringBuilder(database).Database }.ToString();
    }

    /// <summary>Runs deploy/prepare. The roles get names of their own, since a server has them for all of its databases.</summary>
    private async Task<Prepared> Prepare()
    {
        string name = $"silo_{Guid.NewGuid():N}", folder = Path.Combine(postgres.Folder, name), silo = folder + "-silo", script = folder + ".sql";
        await File.WriteAllTextAsync(silo, $"#!/bin/sh\nexec dotnet '{SiloProcess.Program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(silo, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var info = new ProcessStartInfo(Path.Combine(RepositoryRoot.Folder, "deploy/prepare"), [folder, $"127.0.0.1;Port={postgres.Port}"]) { RedirectStandardOutput = true };
        info.Environment["STRESSFARM_SILO"] = silo;
        using Process prepare = Process.Start(info)!;
        await prepare.StandardOutput.ReadToEndAsync();
        await prepare.WaitForExitAsync();
        Assert.Equal(0, prepare.ExitCode);
        string Renamed(string file) => Regex.Replace(File.ReadAllText(Path.Combine(folder, file)), @"(?<!Database=)\bfarm(_owner)?\b", m => name + m.Groups[1].Value);
        await File.WriteAllTextAsync(script, Renamed("postgres-roles.sql"));
        return new(script, Renamed("postgres-owner"), Renamed("postgres"));
    }

    private void Roles(string database, Prepared roles) => postgres.Tool("psql", database, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", $"--file={roles.Script}");

    private static async Task Execute(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
