namespace StressFarm.Campaigns;

/// <summary>
/// How long the jobs of one campaign take, and so how many of them a silo keeps: about a second's worth for its threads. One that
/// kept more would hold what others could do, until the leases expire unbegun.
/// </summary>
public sealed class JobTimes
{
    private const double QueuedSeconds = 1, Least = 0.001, Most = 60;
    private const int LeastPerThread = 2, MostPerThread = 64;
    // Before the first has been timed as few are taken as keep the threads busy.
    private double _shard = QueuedSeconds, _workUp = QueuedSeconds;

    /// <summary>A job of this kind kept its thread for so long.</summary>
    public void Took(WorkKind kind, double seconds)
    {
        ref double mean = ref kind == WorkKind.WorkUp ? ref _workUp : ref _shard;
        mean = Math.Clamp(0.9 * mean + 0.1 * seconds, Least, Most);
    }

    /// <summary>Jobs of this kind that fill a silo of so many threads which has no others.</summary>
    public int Capacity(WorkKind kind, int threads) =>
        threads * Math.Clamp((int)Math.Ceiling(QueuedSeconds / (kind == WorkKind.WorkUp ? _workUp : _shard)), LeastPerThread, MostPerThread);

    /// <summary>The share of a silo that this campaign's jobs fill.</summary>
    public double Fill(IEnumerable<WorkKind> jobs, int threads) => jobs.Sum(kind => 1.0 / Capacity(kind, threads));

    /// <summary>Jobs of this kind to ask for in a silo that is filled so far, when other campaigns are asked as well.</summary>
    /// <param name="fill">of the silo, by all campaigns; 1 is full</param>
    public int Room(WorkKind kind, int threads, double fill, int campaigns) =>
        // A hair less than full is full: fractions were summed.
        fill > 1 - 1e-9 ? 0 : Math.Max(1, (int)((1 - fill) * Capacity(kind, threads) / campaigns));
}
