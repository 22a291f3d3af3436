using System.Diagnostics;
using System.Globalization;

namespace StressFarm.Benchmarks;

/// <summary>What a sampler did when it was its turn.</summary>
/// <param name="Steps">steps done by all threads</param>
/// <param name="Seconds">of processor time</param>
/// <param name="Clock">seconds by the clock</param>
/// <param name="Bytes">allocated by the thread that ran it</param>
/// <param name="Digest">of all that was run since the cell was opened</param>
public readonly record struct Turn(long Steps, double Seconds, double Clock, long Bytes, ulong Digest)
{
    /// <summary>Steps per second of processor time.</summary>
    public double Rate => Steps / Seconds;
    /// <summary>Steps per second by the clock.</summary>
    public double ClockRate => Steps / Clock;

    internal string Line => string.Create(CultureInfo.InvariantCulture, $"{Steps} {Seconds:R} {Clock:R} {Bytes} {Digest:x16}");

    internal static Turn Parse(string line)
    {
        string[] parts = line.Split(' ');
        return new(long.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture),
            double.Parse(parts[2], CultureInfo.InvariantCulture), long.Parse(parts[3], CultureInfo.InvariantCulture),
            ulong.Parse(parts[4], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}

/// <summary>Takes its turns at a cell.</summary>
public interface ISampler : IDisposable
{
    /// <summary>Makes a batch for each thread and compiles what the cell needs by running some of its schedules.</summary>
    Turn Open(string workload, string strategy, int threads, int count);

    /// <summary>The schedules of seeds [1, count], on one thread or on several beside each other, each on a machine of its own.</summary>
    Turn Run(int count, int threads = 1);
}

/// <summary>
/// A process that holds one build and takes samples of it when it is asked to: two of them wait for each other's turn. A process of
/// its own each round, since where a compiled method or an array comes to lie is drawn anew with each and is worth some percent.
/// </summary>
public sealed class Sampler : ISampler
{
    private const string Flag = "--sampler";
    private readonly Process _process;

    /// <param name="assembly">the build's, see <see cref="Build.AssemblyOf"/></param>
    public Sampler(string assembly)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        string self = typeof(Sampler).Assembly.Location;
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(self);
        start.ArgumentList.Add(Flag);
        start.ArgumentList.Add(assembly);
        _process = Process.Start(start)!;
    }

    public Turn Open(string workload, string strategy, int threads, int count) => Ask($"open {workload} {strategy} {threads} {count}");
    public Turn Run(int count, int threads = 1) => Ask($"run {threads} {count}");

    private Turn Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        return Turn.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"the sampler ended at '{line}'; what it said is above"));
    }

    /// <summary>A sampler ends with its input.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>True when these are a sampler's arguments; then it has served until its input ended.</summary>
    public static bool Served(string[] args)
    {
        if (args is not [Flag, var assembly]) return false;
        var build = Build.Load(assembly);
        (Func<int, long> Run, Func<ulong> Digest)[] batches = [];
        while (Console.In.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            int threads = int.Parse(words[^2], CultureInfo.InvariantCulture), count = int.Parse(words[^1], CultureInfo.InvariantCulture);
            if (words[0] == "open") batches = [.. Enumerable.Range(0, threads).Select(_ => build.Open(words[1], words[2]))];
            Console.Out.WriteLine(Take(batches.AsSpan(0, threads), count).Line);
        }
        return true;
    }

    private static Turn Take(ReadOnlySpan<(Func<int, long> Run, Func<ulong> Digest)> batches, int count)
    {
        var beside = new long[batches.Length - 1];
        var threads = new Thread[beside.Length];
        for (int i = 0; i < threads.Length; i++)
        {
            (int at, Func<int, long> run) = (i, batches[i + 1].Run);
            threads[i] = new Thread(() => beside[at] = run(count));
        }
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long begun = Stopwatch.GetTimestamp();
        foreach (Thread thread in threads) thread.Start();
        long steps = batches[0].Run(count);
        foreach (Thread thread in threads) thread.Join();
        double clock = Stopwatch.GetElapsedTime(begun).TotalSeconds, seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        return new(steps + beside.Sum(), seconds, clock, GC.GetAllocatedBytesForCurrentThread() - bytes, batches[0].Digest());
    }
}
