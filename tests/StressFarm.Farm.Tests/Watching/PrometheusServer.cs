using System.Diagnostics;
using System.Globalization;
using System.Text;
using StressFarm.Silo.Tests;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>
/// A private Prometheus of the machine's own binary: its data in a temporary folder, on a free loopback port, scraping every
/// second. Ends only the process that it started.
/// </summary>
internal sealed class PrometheusServer : IDisposable
{
    public const string Job = "stressfarm";
    public const string Missing = "prometheus is not on this machine: install it with 'apt-get install prometheus'";
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-prometheus-").FullName;
    private readonly StringBuilder _log = new();
    private readonly Process _process;

    /// <param name="rules">texts of rule files, as they are to be loaded</param>
    public PrometheusServer(IReadOnlyList<SiloProcess> silos, IReadOnlyList<string> rules)
    {
        string program = Program ?? throw new InvalidOperationException(Missing);
        Port = FreePort.Take();
        for (int i = 0; i < rules.Count; i++) File.WriteAllText(Path.Combine(_folder, $"rules-{i}.yaml"), rules[i]);
        string config = Path.Combine(_folder, "prometheus.yaml");
        File.WriteAllText(config, Config(silos));
        var info = new ProcessStartInfo(program,
        [
            $"--config.file={config}", $"--storage.tsdb.path={Path.Combine(_folder, "data")}",
            string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{Port}"), "--log.level=warn",
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Client = new(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}/")));
    }

    /// <summary>The binary; null where it is missing.</summary>
    public static string? Program => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, "prometheus")).FirstOrDefault(File.Exists);

    public int Port { get; }
    public PrometheusClient Client { get; }

    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Waits until it answers, has scraped every target once, and has withdrawn what it said before.</summary>
    public async Task Ready(int targets)
    {
        DateTime end = DateTime.UtcNow.AddMinutes(3);
        while (DateTime.UtcNow < end)
        {
            if (_process.HasExited) throw new InvalidOperationException($"Prometheus ended with {_process.ExitCode}:\n{Log}");
            try
            {
                bool all = (await Client.Instant($"sum(up{{job=\"{Job}\"}})")).Any(s => s.Points[^1].Value >= targets);
                // Before its first scrapes it may have said that there is no silo, or that one does not answer.
                if (all && !(await Client.Alerts()).Any(a => a.Name is "StressFarmNoSilo" or "StressFarmSiloAbsent")) return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not yet.
            }
            await Task.Delay(200);
        }
        throw new TimeoutException($"Prometheus has not scraped its targets:\n{Log}");
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(30_000);
        }
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Config(IReadOnlyList<SiloProcess> silos)
    {
        var text = new StringBuilder("global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  evaluation_interval: 1s\nrule_files: ['rules-*.yaml']\n");
        text.Append(CultureInfo.InvariantCulture, $"scrape_configs:\n  - job_name: {Job}\n    static_configs:\n");
        foreach (SiloProcess silo in silos)
            text.Append(CultureInfo.InvariantCulture, $"      - targets: ['127.0.0.1:{silo.HttpPort}']\n        labels: {{instance: {silo.Name}}}\n");
        return text.ToString();
    }

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_log)
        {
            if (_log.Length < 1 << 18) _log.AppendLine(line);
        }
    }
}

/// <summary>A test that needs Prometheus: skipped where it is missing, with the reason; CI must have it, and its tests fail without.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute() =>
        Skip = PrometheusServer.Program is null && Environment.GetEnvironmentVariable("CI") != "true" ? PrometheusServer.Missing : null;
}
