using BenchmarkDotNet.Attributes;

namespace StressFarm.Benchmarks;

/// <summary>Time and bytes of 200 schedules of each workload on one core, with checks and without.</summary>
[MemoryDiagnoser]
public class CheckedSteps
{
    public const int Schedules = 200;
    private Batch _batch = null!;

    public static IEnumerable<string> Workloads => Catalog<Workload>.Ids;

    [ParamsSource(nameof(Workloads))]
    public string Workload { get; set; } = "";

    [Params(true, false)]
    public bool Judged { get; set; }

    [GlobalSetup]
    public void Setup() => _batch = new Batch(Workload, Judged);

    [Benchmark]
    public long Run() => _batch.Run(Schedules);
}

/// <summary>The hand-written loop, per million steps.</summary>
public class HandWrittenSteps
{
    private readonly HandWritten _loop = new();

    [Benchmark]
    public ulong Million()
    {
        _loop.Run(1_000_000);
        return _loop.Digest;
    }
}

/// <summary>The same schedules on one and on two threads, each with a machine of its own.</summary>
public class Scaling
{
    private Batch[] _batches = null!;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup() => _batches = [.. Enumerable.Range(0, Threads).Select(_ => new Batch("mixed", judged: true))];

    [Benchmark]
    public void Run()
    {
        Thread[] threads = [.. _batches.Select(b => new Thread(() => b.Run(CheckedSteps.Schedules)))];
        foreach (Thread t in threads) t.Start();
        foreach (Thread t in threads) t.Join();
    }
}
