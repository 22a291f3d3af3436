using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Metrics;
using StressFarm.Campaigns.Plans;
using StressFarm.Cli.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Metrics;

/// <summary>
/// Pushes a run's metrics to a collector every few seconds, and once more at its end. The run neither waits for the collector
/// nor fails with it: that it is not there is said once.
/// </summary>
internal sealed class OtlpPush : IDisposable
{
    private const string Service = "stressfarm-run";
    private const int Interval = 10_000;
    private readonly int _patience;
    private readonly Meter _meter = new(InstrumentNames.MeterName);
    private readonly MeterProvider _provider;
    private readonly Witness _witness;
    private readonly Task _first;

    public OtlpPush(CliHost host, Uri collector, CampaignPlan plan)
    {
        Instruments = new(new FarmMeter(_meter), host.Clock, audited: false);
        _patience = (int)host.CollectorPatience.TotalMilliseconds;
        _witness = new(host, collector);
        _provider = Sdk.CreateMeterProviderBuilder()
            // Not the farm's name: a run by hand must not count as one of its silos, nor each run be an instance of its own.
            .ConfigureResource(r => r.AddService(Service, serviceVersion: BuildInfo.Build, autoGenerateServiceInstanceId: false, serviceInstanceId: Environment.MachineName)
                // Last, so that what the user says wins: two runs at once on one machine need names of their own.
                .AddEnvironmentVariableDetector())
            .AddMeter(InstrumentNames.MeterName, "System.Runtime")
            .AddOtlpExporter((exporter, reader) =>
            {
                exporter.Endpoint = collector;
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.TimeoutMilliseconds = _patience;
                exporter.HttpClientFactory = () => new HttpClient(_witness, disposeHandler: false) { Timeout = host.CollectorPatience };
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = Interval;
                reader.PeriodicExportingMetricReaderOptions.ExportTimeoutMilliseconds = _patience;
            })
            .Build();
        // The zeroes are to be there before the first counts.
        Instruments.Work.Show(plan);
        _first = Task.Run(() => _provider.ForceFlush(_patience));
    }

    public RunInstruments Instruments { get; }

    /// <summary>Pushes what stood at the end: twice, since a pair that appeared lately is at 0 the first time.</summary>
    public void Dispose()
    {
        // Of a run that is over at once the zeroes are still under way: what stands now must not become one push with them.
        _first.Wait(_patience);
        if (!_witness.Failed) _provider.ForceFlush(_patience);
        _provider.Dispose();
        _meter.Dispose();
        _witness.Dispose();
    }

    /// <summary>Sends, and says on standard error when that fails for the first time.</summary>
    private sealed class Witness(CliHost host, Uri collector) : DelegatingHandler(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = !FarmAddress.IsLoopback(collector),
        ConnectTimeout = host.CollectorPatience,
    })
    {
        private int _failures;

        public bool Failed => Volatile.Read(ref _failures) > 0;

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Seen(base.Send(request, cancellationToken));
            }
            catch (Exception e)
            {
                Say(Reason(e, cancellationToken));
                throw;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Seen(await base.SendAsync(request, cancellationToken));
            }
            catch (Exception e)
            {
                Say(Reason(e, cancellationToken));
                throw;
            }
        }

        /// <summary>A connection that was given up fails in one of several ways.</summary>
        private static string Reason(Exception e, CancellationToken cancellation) =>
            e is OperationCanceledException || cancellation.IsCancellationRequested ? "no answer" : e.GetBaseException().Message.ReplaceLineEndings(" ");

        private HttpResponseMessage Seen(HttpResponseMessage response)
        {
            if (!response.IsSuccessStatusCode) Say($"it answered {(int)response.StatusCode}");
            return response;
        }

        private void Say(string why)
        {
            if (Interlocked.Increment(ref _failures) == 1)
                host.Complain($"{OtlpAddress.Option}: {collector} did not take the metrics ({why}); the run goes on");
        }
    }
}
