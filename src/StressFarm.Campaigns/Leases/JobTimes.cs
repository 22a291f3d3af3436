namespace StressFarm.Campaigns.Leases;

/// <summary>How long the jobs of one campaign take, by what was seen of them so far.</summary>
public sealed class JobTimes
{
    private const double Least = 0.001, Most = 60;
    private const int LeastPerThread = 2, MostPerThread = 64;
    // Before the first has been timed as few are taken as keep the threads busy.
    private double _shard = WorkShares.QueuedSeconds, _workUp = WorkShares.QueuedSeconds;

    /// <summary>A job of this kind kept its thread for so long.</summary>
    public void Took(WorkKind kind, double seconds)
    {
        ref double mean = ref kind == WorkKind.WorkUp ? ref _workUp : ref _shard;
        mean = Math.Clamp(0.9 * mean + 0.1 * seconds, Least, Most);
    }

    /// <summary>Seconds that the next of this kind is likely to take.</summary>
    public double Mean(WorkKind kind) => kind == WorkKind.WorkUp ? _workUp : _shard;

    /// <summary>Jobs of this kind that fill a silo of so many threads which has no others.</summary>
    public int Capacity(WorkKind kind, int threads) =>
        threads * Math.Clamp((int)Math.Ceiling(WorkShares.QueuedSeconds / Mean(kind)), LeastPerThread, MostPerThread);
}
