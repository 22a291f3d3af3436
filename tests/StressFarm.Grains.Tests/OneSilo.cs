using Microsoft.Extensions.DependencyInjection;
using Orleans.Core.Internal;
using Orleans.TestingHost;
using StressFarm.Silo.Stores;

namespace StressFarm.Grains.Tests;

/// <summary>A silo without workers on a store of its own: nothing happens in it but what a test does.</summary>
internal sealed class OneSilo : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-silo-").FullName;
    private readonly InProcessTestCluster _cluster;

    private OneSilo()
    {
        Store = SqliteFarmStore.Open(Path.Combine(_folder, "farm.sqlite"));
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseInMemoryReminderService();
            silo.Services.AddSingleton<IFarmStore>(Store);
            silo.Services.AddSingleton<TimeProvider>(Clock);
            silo.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(new FarmOptions()));
            silo.AddFarmMetrics();
        });
        _cluster = builder.Build();
    }

    public SqliteFarmStore Store { get; }
    public LeapingClock Clock { get; } = new();
    public IGrainFactory Grains => _cluster.Client;
    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    public static async Task<OneSilo> Start()
    {
        var silo = new OneSilo();
        await silo._cluster.DeployAsync();
        return silo;
    }

    /// <summary>The next call finds another activation.</summary>
    public static async Task Deactivate(IGrain grain) => await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A clock that goes, and leaps when it is told to.</summary>
internal sealed class LeapingClock : TimeProvider
{
    private long _ahead;

    public void Leap(TimeSpan time) => Interlocked.Add(ref _ahead, (long)(time.TotalSeconds * TimestampFrequency));
    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);
}
