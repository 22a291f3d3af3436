using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using StressFarm.Silo.Tests;

namespace StressFarm.Farm.Tests;

/// <summary>A silo as a process of its own, with ports of its own. Ends only what it started, by its id.</summary>
internal sealed class SiloProcess : IDisposable
{
    private const int SigKill = 9, SigTerm = 15, SigCont = 18, SigStop = 19;
    private readonly Dictionary<string, string> _settings;
    private readonly StringBuilder _log = new();
    private Process? _process;

    public SiloProcess(string name, IReadOnlyDictionary<string, string> settings)
    {
        Name = name;
        HttpPort = FreePort.Take();
        _settings = new(settings)
        {
            ["NAME"] = name,
            ["LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{HttpPort}"),
            ["SILOPORT"] = FreePort.Take().ToString(CultureInfo.InvariantCulture),
            ["GATEWAYPORT"] = settings.GetValueOrDefault("GATEWAYPORT") ?? FreePort.Take().ToString(CultureInfo.InvariantCulture),
        };
    }

    public string Name { get; }
    public int HttpPort { get; }
    public int Starts { get; private set; }
    public bool Stopped { get; private set; }
    public bool Running => _process is { HasExited: false };
    public long WorkingSet => Running ? ReadStatus("VmRSS") * 1024 : 0;
    public TimeSpan CpuTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    public static string Program => Path.Combine(AppContext.BaseDirectory, "stressfarm-silo.dll");

    public void Start()
    {
        var info = new ProcessStartInfo("dotnet", [Program]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var (key, value) in _settings) info.Environment[$"STRESSFARM_SILO_{key}"] = value;
        info.Environment["STRESSFARM_SILO_LOGGING__LOGLEVEL__DEFAULT"] = "Warning";
        _process?.Dispose();
        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        (Starts, Stopped) = (Starts + 1, false);
    }

    /// <summary>SIGKILL, as a crash.</summary>
    public void Kill()
    {
        Signal(SigKill);
        _process!.WaitForExit();
    }

    /// <summary>SIGSTOP: it neither works nor answers, and does not know.</summary>
    public void Freeze()
    {
        Signal(SigStop);
        Stopped = true;
    }

    public void Thaw()
    {
        Signal(SigCont);
        Stopped = false;
    }

    /// <summary>SIGTERM, and waits for the end; the exit code.</summary>
    public int Terminate()
    {
        Signal(SigTerm);
        if (!_process!.WaitForExit(60_000)) throw new InvalidOperationException($"{Name} does not stop:\n{Log}");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (Running) Kill();
        _process?.Dispose();
    }

    private void Signal(int signal)
    {
        if (Running) SendSignal(_process!.Id, signal);
    }

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_log)
        {
            if (_log.Length < 1 << 20) _log.AppendLine(line);
        }
    }

    private long ReadStatus(string key)
    {
        string? line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process!.Id}/status")).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
