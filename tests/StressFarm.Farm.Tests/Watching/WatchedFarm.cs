using StressFarm.Silo.Tests;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>Silos on a real PostgreSQL, watched by a real Prometheus with the repository's rules.</summary>
internal sealed class WatchedFarm : IDisposable
{
    private WatchedFarm(TestFarm farm, PrometheusServer prometheus) => (Farm, Prometheus, Began) = (farm, prometheus, Now);

    public TestFarm Farm { get; }
    public PrometheusServer Prometheus { get; }
    public PrometheusClient Client => Prometheus.Client;

    /// <summary>When every silo had been scraped, in Unix seconds.</summary>
    public double Began { get; }

    public double Age => Now - Began;
    public static double Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;

    public static async Task<WatchedFarm> Start(PostgresServer postgres, string prometheusProgram, int silos)
    {
        IReadOnlyList<string> rules = ShortRules.Of(Repository.Rules);
        TestFarm farm = await TestFarm.Start(postgres, silos, leaseSeconds: 10);
        PrometheusServer? prometheus = null;
        try
        {
            prometheus = new PrometheusServer(prometheusProgram, farm.Silos, rules);
            await prometheus.Ready(silos);
            return new(farm, prometheus);
        }
        catch
        {
            prometheus?.Dispose();
            farm.Dispose();
            throw;
        }
    }

    /// <summary>The names of the alerts that have fired at any second since the beginning.</summary>
    public async Task<HashSet<string>> Fired() =>
        [.. (await Client.Range("ALERTS{alertstate=\"firing\"}", Began, Now, 1)).Select(s => s.Labels["alertname"])];

    public QueryText Text(Dashboard dashboard, int step) => new(dashboard.Variables, PrometheusServer.Job, Math.Max(1, (int)Age), step);

    public void Dispose()
    {
        Prometheus.Dispose();
        Farm.Dispose();
    }
}
