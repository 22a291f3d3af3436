namespace StressFarm.Campaigns.Leases;

/// <summary>What a silo has of one campaign.</summary>
/// <param name="Shards">leases of shards, to explore or to verify, that are not done</param>
/// <param name="WorkUps">leases of work-ups that are not done</param>
/// <param name="Stuck">results that the campaign does not take at present: they take the place of leases</param>
/// <param name="Asked">when it was last asked</param>
public readonly record struct WorkHeld(JobTimes Times, int Shards, int WorkUps, int Stuck, DateTimeOffset Asked);

/// <summary>How much more to ask of a campaign: shards, and work-ups when those are what is left.</summary>
/// <param name="Urgent">whether it is worth a call of its own: the campaign has less than half of what it may have</param>
public readonly record struct WorkWanted(int Shards, int WorkUps, bool Urgent);

/// <summary>
/// How a silo shares itself among its campaigns. It keeps about a second's worth of leases for its threads: one that kept more would hold
/// what others could do, until the leases expire unbegun. Each of n campaigns may fill the n-th part of that whatever the others have,
/// and what is left is for whoever was not asked for longest. So one that fills the silo keeps nobody out who comes later, and of more
/// campaigns than there is room for each has its turn.
/// </summary>
public static class WorkShares
{
    internal const double QueuedSeconds = 1;
    // Fractions are summed: a hair less is as much.
    private const double Hair = 1e-9;

    /// <summary>What to ask of each campaign, in the order given; of those with <paramref name="askable"/> false nothing.</summary>
    public static WorkWanted[] Of(int threads, IReadOnlyList<WorkHeld> campaigns, IReadOnlyList<bool> askable)
    {
        var wanted = new WorkWanted[campaigns.Count];
        double fair = 1.0 / Math.Max(1, campaigns.Count), fill = campaigns.Sum(c => Load(c, threads));
        foreach (int i in Enumerable.Range(0, campaigns.Count).Where(i => askable[i]).OrderBy(i => campaigns[i].Asked))
        {
            WorkHeld held = campaigns[i];
            double load = Load(held, threads), share = Math.Max(1 - fill, fair - load);
            int shards = Room(held, WorkKind.Explore, threads, share, load, fill);
            bool urgent = shards > 0 && load <= Math.Max(fair, 1 - (fill - load)) / 2 + Hair;
            wanted[i] = new(shards, Room(held, WorkKind.WorkUp, threads, share, load, fill), urgent);
            fill += (double)shards / held.Times.Capacity(WorkKind.Explore, threads);
        }
        return wanted;
    }

    /// <summary>The part of a silo that a campaign's leases fill.</summary>
    private static double Load(WorkHeld held, int threads) =>
        (double)held.Shards / held.Times.Capacity(WorkKind.Explore, threads) + (double)held.WorkUps / held.Times.Capacity(WorkKind.WorkUp, threads);

    private static int Room(WorkHeld held, WorkKind kind, int threads, double share, double load, double fill)
    {
        int room = (int)(Math.Max(0, share) * held.Times.Capacity(kind, threads) + Hair);
        // A share of less than one job would never be any.
        if (room == 0 && load == 0 && fill < 1 - Hair) room = 1;
        return Math.Max(0, room - held.Stuck);
    }
}
