using System.Globalization;
using System.Net;
using StressFarm.Silo.Tests;
using Xunit.Abstractions;

namespace StressFarm.Farm.Tests;

/// <summary>
/// What it costs a silo to be watched: steps for a second of processor time, with metrics on and scraped against metrics off. Two silos
/// take turns, the other one frozen, so that both meet the same machine. Short as a test; as many pairs as <c>STRESSFARM_MEASURE_PAIRS</c>
/// says when figures are wanted, scraped every so many seconds as <c>STRESSFARM_MEASURE_SCRAPE</c> says.
/// </summary>
[Collection(PostgresCollection.Name)]
public class ObservationCost(PostgresServer postgres, ITestOutputHelper output)
{
    private const string Endless = "policies: [control, rfc-v1, no-reinit]\nworkloads: [device-private-reinit, driver-mmap, gup-pin]\nschedules: 100000000\nshard: 256\n";
    /// <summary>A silo that is frozen keeps its leases.</summary>
    private const int LeaseSeconds = 3600;

    private static int Pairs => Wanted("STRESSFARM_MEASURE_PAIRS", 0);
    private static int ScrapeSeconds => Math.Max(1, Wanted("STRESSFARM_MEASURE_SCRAPE", 1));

    private static int Wanted(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int wanted) ? wanted : otherwise;

    [Fact]
    public async Task Steps_with_metrics_on_against_off()
    {
        using Side on = await Side.Start(postgres, metrics: true), off = await Side.Start(postgres, metrics: false);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(on.Metrics)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(off.Metrics)).StatusCode);
        TimeSpan window = TimeSpan.FromSeconds(Pairs > 0 ? 4 : 0.5);
        // Code is compiled and the heap has its size before anything counts.
        foreach (Side side in (Side[])[off, on]) await side.Turn(window * (Pairs > 0 ? 3 : 1), http);
        var ratios = new List<double>();
        for (int i = 0; i < Math.Max(2, Pairs); i++)
        {
            // Who begins alternates: a machine that slows down slows neither side more.
            Side first = i % 2 == 0 ? on : off;
            double one = await first.Turn(window, http), other = await (first == on ? off : on).Turn(window, http);
            ratios.Add(first == on ? one / other : other / one);
        }
        (double low, double median, double high) = MedianWithInterval(ratios);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"steps a CPU-second, metrics on and scraped every {ScrapeSeconds} s against off: median of {ratios.Count} pairs {median:0.0000}, 95 % interval {low:0.0000} to {high:0.0000}; lowest {ratios.Min():0.000}, highest {ratios.Max():0.000}"));
        Assert.All(ratios, r => Assert.True(r > 0, "a side made no steps"));
    }

    [Fact]
    public void The_interval_of_a_median_is_that_of_its_order_statistics()
    {
        // Of 20, the sixth and the fifteenth value hold the median with 95.9 %.
        Assert.Equal((6.0, 10.5, 15.0), MedianWithInterval([.. Enumerable.Range(1, 20).Select(i => (double)i)]));
        Assert.Equal((1.0, 1.5, 2.0), MedianWithInterval([2, 1]));
    }

    /// <summary>The median and the narrowest pair of order statistics around it that holds that of the population with 95 % or more.</summary>
    private static (double Low, double Median, double High) MedianWithInterval(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        int n = sorted.Length, rank = 0;
        // P(fewer than rank + 1 of n values lie below the median) is the tail that is given up on each side.
        double tail = Math.Pow(0.5, n), term = tail;
        while (rank + 1 < n / 2)
        {
            term *= (double)(n - rank) / (rank + 1);
            if (tail + term > 0.025) break;
            (tail, rank) = (tail + term, rank + 1);
        }
        double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        return (sorted[rank], median, sorted[n - 1 - rank]);
    }

    /// <summary>A silo alone in its cluster, frozen unless it is its turn.</summary>
    private sealed class Side : IDisposable
    {
        private readonly TestFarm _farm;
        private readonly string _campaign;
        private readonly bool _scraped;

        private Side(TestFarm farm, string campaign, bool scraped) => (_farm, _campaign, _scraped) = (farm, campaign, scraped);

        public string Metrics => TestFarm.Address(_farm.Silos[0], "metrics");

        public static async Task<Side> Start(PostgresServer postgres, bool metrics)
        {
            string database = postgres.NewDatabase();
            await Migration.Apply(database, TextWriter.Null, default);
            TestFarm farm = await TestFarm.StartOn(database, silos: 1, leaseSeconds: LeaseSeconds, verifyEvery: 0, metrics: metrics);
            string id = await farm.Submit(Endless);
            await farm.Eventually("it works", async () => await farm.Status(id) is { Schedules: > 0 });
            return new(farm, id, metrics);
        }

        /// <summary>Works for a while; steps for a second of processor time.</summary>
        public async Task<double> Turn(TimeSpan time, HttpClient http)
        {
            SiloProcess silo = _farm.Silos[0];
            silo.Thaw();
            (long steps, TimeSpan cpu) = await AtNextResults();
            DateTime end = DateTime.UtcNow + time, scrape = DateTime.UtcNow;
            while (DateTime.UtcNow < end)
            {
                if (_scraped && DateTime.UtcNow >= scrape)
                {
                    scrape += TimeSpan.FromSeconds(ScrapeSeconds);
                    Assert.NotEmpty(await http.GetStringAsync(Metrics));
                }
                await Task.Delay(50);
            }
            (long stepsAfter, TimeSpan cpuAfter) = await AtNextResults();
            silo.Freeze();
            return (stepsAfter - steps) / (cpuAfter - cpu).TotalSeconds;
        }

        public void Dispose()
        {
            if (_farm.Silos[0].Stopped) _farm.Silos[0].Thaw();
            _farm.Dispose();
        }

        /// <summary>Results come in lumps: the processor time is read just as one has come.</summary>
        private async Task<(long Steps, TimeSpan Cpu)> AtNextResults()
        {
            long known = -1, steps = 0;
            TimeSpan cpu = default;
            await _farm.Eventually("results come", async () =>
            {
                if (await _farm.Status(_campaign) is not { } status) return false;
                if (known < 0) known = status.Steps;
                (steps, cpu) = (status.Steps, _farm.Silos[0].CpuTime);
                return steps > known;
            });
            return (steps, cpu);
        }
    }
}
