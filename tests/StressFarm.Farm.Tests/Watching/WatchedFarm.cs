using StressFarm.Dashboards.Tests;
using StressFarm.Silo.Tests;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>Silos on a real PostgreSQL, watched by a real Prometheus with the repository's rules, in which a minute is a second.</summary>
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

    public static async Task<WatchedFarm> Start(PostgresServer postgres, int silos)
    {
        if (PrometheusServer.Program is null) throw new InvalidOperationException(PrometheusServer.Missing);
        IReadOnlyList<string> rules = [.. Directory.GetFiles(Repository.Rules, "*.yaml").Order(StringComparer.Ordinal).Select(f => ShortRules.Shorten(File.ReadAllText(f)))];
        TestFarm farm = await TestFarm.Start(postgres, silos, leaseSeconds: 10);
        PrometheusServer? prometheus = null;
        try
        {
            prometheus = new PrometheusServer(farm.Silos, rules);
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
