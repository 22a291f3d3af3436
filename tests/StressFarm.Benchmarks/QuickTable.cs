using System.Diagnostics;
using System.Globalization;

namespace StressFarm.Benchmarks;

/// <summary>
/// Medians of interleaved samples, per second of processor time, so that a busy machine changes little; only the two-core
/// column is by the clock. The ratios say more than the rates.
/// </summary>
internal static class QuickTable
{
    private const int Rounds = 7;
    private const double SampleSeconds = 0.15;
    private const long HandWrittenSteps = 10_000_000;

    /// <param name="workloads">ids; all when empty</param>
    public static int Print(string[] workloads, TextWriter output)
    {
        if (workloads.FirstOrDefault(w => Catalog<Workload>.Find(w) is null) is { } unknown)
        {
            output.WriteLine($"unknown workload '{unknown}'; there are {string.Join(", ", Catalog<Workload>.Ids)}");
            return 64;
        }
        output.WriteLine("one core, random walk, control; medians of interleaved samples");
        output.WriteLine($"{"workload",-24}{"steps/schedule",15}{"M steps/s",11}{"B/step",9}{"in checks",11}{"hand-written",14}{"two cores",11}  digest");
        foreach (string workload in workloads.Length > 0 ? workloads : [.. Catalog<Workload>.Ids])
            output.WriteLine(Row(workload));
        return 0;
    }

    private static string Row(string workload)
    {
        var judged = new Batch(workload, judged: true);
        var unjudged = new Batch(workload, judged: false);
        var second = new Batch(workload, judged: true);
        var hand = new HandWritten();
        int count = Calibrate(judged);
        unjudged.Run(count);
        second.Run(count);
        hand.Run(HandWrittenSteps);
        var rates = new List<double>();
        var unchecked_ = new List<double>();
        var handRates = new List<double>();
        var alone = new List<double>();
        var pairs = new List<double>();
        long steps = 0, bytes = 0;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            rates.Add(Rate(() => steps = judged.Run(count)));
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            unchecked_.Add(Rate(() => unjudged.Run(count)));
            handRates.Add(HandWrittenSteps / Seconds(() => hand.Run(HandWrittenSteps)));
            alone.Add(ClockRate(() => judged.Run(count)));
            pairs.Add(ClockRate(() => Both(judged, second, count)));
        }
        double rate = Median(rates);
        var fresh = new Batch(workload, judged: true);
        fresh.Run(200);
        return string.Create(CultureInfo.InvariantCulture,
            $"{workload,-24}{(double)steps / count,15:F0}{rate / 1e6,11:F1}{Math.Max(0, bytes - 500) / (double)steps,9:F3}{1 - rate / Median(unchecked_),11:P0}{Median(handRates) / rate,13:F1}x{Median(pairs) / Median(alone),10:F2}x  {fresh.Digest:x16}");
    }

    /// <summary>Warms up until the code is compiled for good; then as many schedules as fill a sample.</summary>
    private static int Calibrate(Batch batch)
    {
        int count = 50;
        for (int i = 0; i < 12; i++)
        {
            double seconds = Seconds(() => batch.Run(count));
            count = Math.Clamp((int)(count * SampleSeconds / Math.Max(seconds, 1e-4)), 20, 100_000);
        }
        return count;
    }

    private static long Both(Batch one, Batch other, int count)
    {
        long steps = 0;
        var thread = new Thread(() => steps = other.Run(count));
        thread.Start();
        long mine = one.Run(count);
        thread.Join();
        return mine + steps;
    }

    private static double Rate(Func<long> work)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long steps = work();
        return steps / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static double ClockRate(Func<long> work)
    {
        var watch = Stopwatch.StartNew();
        long steps = work();
        return steps / watch.Elapsed.TotalSeconds;
    }

    private static double Seconds(Action work)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
