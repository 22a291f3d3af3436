using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Storage;
using StressFarm.Silo.Stores;

namespace StressFarm.Silo.Tests;

/// <summary>A grain that keeps a number and a reminder.</summary>
public interface INoteGrain : IGrainWithIntegerCompoundKey
{
    Task<int> Add(int value);
    Task<int> Get();
    Task Clear();
    /// <summary>Has the state's row written behind the grain's back, as a second activation would, and then writes.</summary>
    Task WriteStale();
    Task Remind(TimeSpan period);
    Task<bool> HasReminder();
    Task<bool> Forget();
    Task<string> Where();
}

[GenerateSerializer]
public sealed class Note
{
    [Id(0)]
    public int Sum { get; set; }
}

public sealed class NoteGrain([PersistentState("note")] IPersistentState<Note> note, [FromKeyedServices("Default")] IGrainStorage storage, ILocalSiloDetails silo)
    : Grain, INoteGrain, IRemindable
{
    private const string Name = "wake";

    public async Task<int> Add(int value)
    {
        note.State.Sum += value;
        await note.WriteStateAsync();
        return note.State.Sum;
    }

    public Task<int> Get() => Task.FromResult(note.State.Sum);
    public Task Clear() => note.ClearStateAsync();

    public async Task WriteStale()
    {
        var other = new GrainState<Note>();
        await storage.ReadStateAsync("note", this.GetGrainId(), other);
        await storage.WriteStateAsync("note", this.GetGrainId(), other);
        await note.WriteStateAsync();
    }

    public Task Remind(TimeSpan period) => this.RegisterOrUpdateReminder(Name, TimeSpan.FromHours(1), period);
    public async Task<bool> HasReminder() => await this.GetReminder(Name) is not null;

    public async Task<bool> Forget()
    {
        if (await this.GetReminder(Name) is not { } reminder) return false;
        await this.UnregisterReminder(reminder);
        return await this.GetReminder(Name) is null;
    }

    public Task<string> Where() => Task.FromResult(silo.Name);
    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;
}

/// <summary>The farm's own tables and statements, under Orleans' providers in real silos.</summary>
[Collection(PostgresCollection.Name)]
public sealed class OrleansSchemaTests(PostgresServer server) : IAsyncLifetime
{
    private readonly string _address = server.NewDatabase();

    public Task InitializeAsync() => Migration.Apply(_address, TextWriter.Null, CancellationToken.None);
    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Membership_state_and_reminders_live_in_the_database()
    {
        using IHost first = Silo("first"), second = Silo("second");
        await first.StartAsync();
        INoteGrain note = Grain(first);
        Assert.Equal(5, await note.Add(5));
        Assert.Equal(7, await note.Add(2));
        await note.Remind(TimeSpan.FromMinutes(2));
        await note.Remind(TimeSpan.FromDays(40));
        Assert.Equal([("wake", 40L * 86_400_000, 1)], await Query("SELECT name, period, version FROM orleans.reminder", r => (r.GetString(0), r.GetInt64(1), r.GetInt32(2))));

        await second.StartAsync();
        Assert.Equal(2, await Active());
        await first.StopAsync();
        Assert.Equal(1, await Active());

        note = Grain(second);
        Assert.Equal("second", await note.Where());
        Assert.Equal(7, await note.Get());
        Assert.Equal(8, await note.Add(1));
        Assert.True(await note.HasReminder());
        Assert.True(await note.Forget());
        Assert.Empty(await Query("SELECT name FROM orleans.reminder", r => r.GetString(0)));

        await Assert.ThrowsAsync<InconsistentStateException>(note.WriteStale);
        Assert.Equal(8, await Grain(second).Get());
        await note.Clear();
        Assert.Equal(0, await Grain(second).Get());
        Assert.Equal(3, await note.Add(3));
        await second.StopAsync();
        Assert.Equal(0, await Active());
    }

    [Fact]
    public async Task Reminders_are_found_by_ranges_that_go_round_and_by_ranges_that_do_not()
    {
        using IHost silo = Silo("ranges");
        await silo.StartAsync();
        for (int i = 0; i < 16; i++) await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<INoteGrain>(i, "r").Remind(TimeSpan.FromHours(3));
        IReminderTable table = silo.Services.GetRequiredService<IReminderTable>();
        uint[] hashes = [.. (await table.ReadRows(0, 0)).Reminders.Select(r => r.GrainId.GetUniformHashCode())];
        Assert.Equal(16, hashes.Length);
        foreach (var (begin, end) in new (uint, uint)[] { (0, 1u << 31), (1u << 31, 0), (hashes[3], hashes[5]), (hashes[5], hashes[3]), (0x7000_0000, 0x9000_0000) })
        {
            IEnumerable<uint> expected = hashes.Where(h => begin < end ? h > begin && h <= end : h > begin || h <= end);
            Assert.Equal(expected.Order(), (await table.ReadRows(begin, end)).Reminders.Select(r => r.GrainId.GetUniformHashCode()).Order());
        }
        await silo.StopAsync();
    }

    [Fact]
    public async Task A_change_of_members_that_was_decided_on_an_old_version_is_refused()
    {
        // No silo runs: one that did would change the members itself.
        using IHost silo = Silo("members");
        IMembershipTable table = silo.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true);
        MembershipTableData before = await table.ReadAllAsync();
        MembershipEntry entry = Member("ghost", 1), other = Member("members", 2);
        Assert.True(await table.InsertRowAsync(entry, before.Version.Next()));
        Assert.False(await table.InsertRowAsync(entry, before.Version.Next()));
        MembershipTableData after = await table.ReadAllAsync();
        TableVersion now = after.Version;
        string etag = Assert.Single(after.Members).Item2;
        Assert.Equal(before.Version.Version + 1, now.Version);
        Assert.False(await table.InsertRowAsync(entry, now.Next()));
        entry.Status = SiloStatus.Dead;
        entry.AddSuspector(entry.SiloAddress, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        Assert.False(await table.UpdateRowAsync(entry, etag, before.Version.Next()));
        Assert.True(await table.UpdateRowAsync(entry, etag, now.Next()));
        var (there, _) = Assert.Single((await table.ReadRowAsync(entry.SiloAddress)).Members);
        Assert.Equal((SiloStatus.Dead, "ghost", 1), (there.Status, there.SiloName, there.SuspectTimes!.Count));
        Assert.Empty((await table.ReadRowAsync(other.SiloAddress)).Members);
        Assert.True(await table.InsertRowAsync(other, (await table.ReadAllAsync()).Version.Next()));
        await table.CleanupDefunctSiloEntriesAsync(DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Equal("members", Assert.Single((await table.ReadAllAsync()).Members).Item1.SiloName);
    }

    private static MembershipEntry Member(string name, int port) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, port, 7),
        SiloName = name,
        HostName = "h",
        Status = SiloStatus.Joining,
        ProxyPort = 0,
        StartTime = DateTime.UtcNow,
        IAmAliveTime = DateTime.UtcNow,
    };

    private IHost Silo(string name)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        string address = PostgresAddress.ForOrleans(_address);
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("c", "s"));
            silo.Configure<SiloOptions>(o => o.SiloName = name);
            silo.ConfigureEndpoints(IPAddress.Loopback, FreePort.Take(), FreePort.Take());
            silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = ("Npgsql", address));
            silo.AddAdoNetGrainStorage("Default", o => (o.Invariant, o.ConnectionString) = ("Npgsql", address));
            silo.UseAdoNetReminderService(o => (o.Invariant, o.ConnectionString) = ("Npgsql", address));
        });
        return builder.Build();
    }

    private static INoteGrain Grain(IHost silo) => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<INoteGrain>(long.MinValue, "é");

    private async Task<int> Active() => (await Query("SELECT 1 FROM orleans.member WHERE status = 3", r => r.GetInt32(0))).Count;

    private async Task<List<T>> Query<T>(string sql, Func<NpgsqlDataReader, T> row)
    {
        await using var connection = new NpgsqlConnection(_address);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(row(reader));
        return rows;
    }
}
