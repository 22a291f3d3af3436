using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Metrics;

/// <summary>The threads that run shards. Told when one begins a piece of work and when it ends it.</summary>
public sealed class WorkerInstruments
{
    private readonly Lock _lock = new();
    private int _threads, _busy;
    // What has ended, and the sum of the beginnings of what has not: the time up to now is one subtraction away.
    private long _ended, _begun;

    public WorkerInstruments(FarmMeter meter)
    {
        meter.Observe(InstrumentNames.Workers, Threads);
        meter.Observe(InstrumentNames.WorkerBusy, BusySeconds);
    }

    /// <summary>How many threads there are.</summary>
    public void Have(int threads) => Volatile.Write(ref _threads, threads);

    /// <summary>A thread begins a piece of work; what it gives goes to <see cref="End"/>.</summary>
    public long Begin()
    {
        lock (_lock)
        {
            long now = Stopwatch.GetTimestamp();
            _busy++;
            _begun += now;
            return now;
        }
    }

    public void End(long begun)
    {
        lock (_lock)
        {
            _busy--;
            _begun -= begun;
            _ended += Stopwatch.GetTimestamp() - begun;
        }
    }

    private double BusySeconds()
    {
        lock (_lock) return (_ended + _busy * Stopwatch.GetTimestamp() - _begun) / (double)Stopwatch.Frequency;
    }

    private IEnumerable<Measurement<long>> Threads()
    {
        int threads = Volatile.Read(ref _threads), busy = Math.Min(Volatile.Read(ref _busy), threads);
        return [new(busy, new KeyValuePair<string, object?>("state", "busy")), new(threads - busy, new KeyValuePair<string, object?>("state", "idle"))];
    }
}
