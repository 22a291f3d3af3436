using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace StressFarm.Benchmarks;

/// <summary>
/// SPIN's random simulation of gup-split.pml, each run a process of its own. A step is a statement executed, by SPIN's own
/// count, which has jumps in it.
/// </summary>
public sealed class SpinPeer : IDisposable
{
    private const string DefaultCommand = "spin";
    private const string Model = "gup-split.pml";
    /// <summary>Nothing here runs for long: a run that does is stopped.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    /// <summary>SPIN leaves files where it runs.</summary>
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stressfarm-spin-");

    private readonly string _command;

    /// <exception cref="PeerException">there is no SPIN</exception>
    public SpinPeer(string command = DefaultCommand)
    {
        _command = command;
        try
        {
            Version = SpinOutput.Version(Run("-V"));
            using Stream model = typeof(SpinPeer).Assembly.GetManifestResourceStream(Model)!;
            using FileStream file = File.Create(Path.Combine(_folder.FullName, Model));
            model.CopyTo(file);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What it calls itself.</summary>
    public string Version { get; }

    /// <summary>What to say where there is none.</summary>
    internal const string Missing = "SPIN is not installed: 'apt-get install spin' installs it";

    /// <summary>There is a SPIN here.</summary>
    public static bool IsInstalled =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(d => File.Exists(Path.Combine(d, DefaultCommand)));

    /// <summary>
    /// The difference of a long and a short run, so that starting the process and reading the model do not count.
    /// </summary>
    public Sample Measure(long steps, int seed) => RunFor(steps + steps / 16, seed) - RunFor(steps / 16, seed);

    /// <summary>The statements of a short run.</summary>
    public string[] Trace(long steps, int seed)
    {
        string output = Simulate(steps, seed, "-p");
        SpinOutput.Steps(output, steps);
        return [.. SpinOutput.Statements(output)];
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Sample RunFor(long steps, int seed)
    {
        double before = ChildTime.Total;
        string output = Simulate(steps, seed);
        double seconds = ChildTime.Total - before;
        return new(SpinOutput.Steps(output, steps), seconds);
    }

    /// <summary>-u0 would go on for ever; -Pcat: a model without directives needs no C compiler.</summary>
    private string Simulate(long steps, int seed, params string[] more)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        return Run([.. more, "-Pcat", string.Create(CultureInfo.InvariantCulture, $"-n{seed}"), string.Create(CultureInfo.InvariantCulture, $"-u{steps}"), Model]);
    }

    private string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(_command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.FullName };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(s_limit))
            {
                process.Kill();
                throw new PeerException($"SPIN took longer than {s_limit.TotalSeconds:F0} s and was stopped");
            }
            process.WaitForExit();
            if (process.ExitCode != 0) throw new PeerException($"SPIN: {(error.Result + output.Result).ReplaceLineEndings(" ").Trim()}");
            return output.Result;
        }
        catch (Win32Exception)
        {
            throw new PeerException(Missing);
        }
    }
}
