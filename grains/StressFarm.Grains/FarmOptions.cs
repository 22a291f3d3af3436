namespace StressFarm.Grains;

/// <summary>How a farm treats its campaigns and its workers.</summary>
public sealed class FarmOptions
{
    /// <summary>How long a lease lasts without progress.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(30);
    /// <summary>One shard in so many is run by a second silo; 0 for none.</summary>
    public int VerifyEvery { get; set; } = 64;
    /// <summary>Campaigns that run or are paused at one time.</summary>
    public int MaxCampaigns { get; set; } = 64;
    /// <summary>Threads that run shards; 0 for one less than the cores, so that control calls always find one.</summary>
    public int Workers { get; set; }
    /// <summary>How long a silo that stops waits until its work is handed back.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);
    /// <summary>Deadline of a call between worker and campaign.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public int WorkerThreads => Workers > 0 ? Workers : Math.Max(1, Environment.ProcessorCount - 1);
}
