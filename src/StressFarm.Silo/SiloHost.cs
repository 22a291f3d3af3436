using Npgsql;
using OpenTelemetry.Metrics;
using Orleans.Configuration;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Metrics;
using StressFarm.Grains;
using StressFarm.Grains.Workers;
using StressFarm.Silo.Api;
using StressFarm.Silo.Stores;

namespace StressFarm.Silo;

/// <summary>Puts a silo together: store, Orleans, workers, HTTP API, metrics.</summary>
public static class SiloHost
{
    private const string Invariant = "Npgsql", StoreFile = "farm.sqlite";

    public static WebApplication Build(WebApplicationBuilder builder, SiloSettings settings)
    {
        builder.Host.UseConsoleLifetime();
        // Workers first hand their work back, then the silo leaves its cluster.
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = settings.Farm.DrainTimeout + TimeSpan.FromSeconds(20));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(settings.Farm));
        AddStore(builder.Services, settings);
        builder.UseOrleans(silo => Configure(silo.AddFarmMetrics(), settings));
        builder.Services.AddHostedService<WorkerService>();
        builder.Services.AddSingleton<IFarmBackend, FarmBackend>();
        builder.Services.AddFarmApi(settings.Api);
        // A slim host has no TLS of its own accord.
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server => KestrelLimits.Apply(server, settings.Api));
        builder.WebHost.UseUrls([.. settings.Api.Listen]);
        if (settings.Metrics) AddMetrics(builder.Services);
        WebApplication app = builder.Build();
        app.MapFarmApi();
        if (settings.Metrics) app.MapPrometheusScrapingEndpoint("/metrics").IsScraped();
        return app;
    }

    private static void AddMetrics(IServiceCollection services) => services.AddOpenTelemetry().WithMetrics(metrics => metrics
        .AddMeter(InstrumentNames.MeterName, "Microsoft.Orleans", "System.Runtime")
        // Which meter an instrument is of says its prefix already.
        .AddPrometheusExporter(o => o.ScopeInfoEnabled = false));

    private static void AddStore(IServiceCollection services, SiloSettings settings)
    {
        if (settings.Postgres is { } postgres)
        {
            services.AddSingleton<IFarmStore>(s => new ObservedFarmStore(
                new PostgresFarmStore(postgres, s.GetRequiredService<TimeProvider>()), s.GetRequiredService<StoreInstruments>()));
            return;
        }
        Directory.CreateDirectory(settings.Data);
        services.AddSingleton<IFarmStore>(s => new ObservedFarmStore(
            SqliteFarmStore.Open(Path.Combine(settings.Data, StoreFile), s.GetRequiredService<TimeProvider>()), s.GetRequiredService<StoreInstruments>()));
    }

    private static void Configure(ISiloBuilder silo, SiloSettings settings)
    {
        silo.Configure<SiloOptions>(o => o.SiloName = settings.Name);
        silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (settings.Cluster, settings.Cluster));
        silo.Configure<SiloMessagingOptions>(o => (o.ResponseTimeout, o.CancelRequestOnTimeout) = (settings.Farm.CallTimeout, true));
        // A campaign reads its ledger when it is activated.
        silo.Configure<GrainCollectionOptions>(o => o.ActivationTimeout = TimeSpan.FromMinutes(10));
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            o.ProbeTimeout = settings.Probe;
            o.NumMissedProbesLimit = settings.MissedProbes;
            o.NumVotesForDeathDeclaration = 1;
        });
        if (settings.Postgres is not { } postgres)
        {
            silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, null, settings.Cluster, settings.Cluster);
            silo.UseInMemoryReminderService();
            return;
        }
        // Orleans finds the driver by this name.
        System.Data.Common.DbProviderFactories.RegisterFactory(Invariant, NpgsqlFactory.Instance);
        postgres = PostgresAddress.ForOrleans(postgres);
        silo.ConfigureEndpoints(settings.Advertise, settings.SiloPort, settings.GatewayPort);
        silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = (Invariant, postgres));
        silo.AddAdoNetGrainStorageAsDefault(o => (o.Invariant, o.ConnectionString) = (Invariant, postgres));
        silo.UseAdoNetReminderService(o => (o.Invariant, o.ConnectionString) = (Invariant, postgres));
    }
}
