namespace StressFarm.Campaigns.Ledgers;

/// <summary>
/// Which checkpoints of a section are worth keeping: the last two, to go on from; those before an epoch that showed something
/// new, to repeat it from; and a ladder of ever rarer ones, so that a chain can be re-checked from places all along it.
/// </summary>
public static class CheckpointRetention
{
    /// <summary>A rung of the ladder: after 1, 2, 4, 8… epochs.</summary>
    public static bool IsRung(long epoch) => (epoch & (epoch + 1)) == 0;

    /// <summary>Whether the checkpoint after <paramref name="epoch"/> stays when the one after <paramref name="last"/> is written.</summary>
    /// <param name="pinned">the epoch after it showed something new</param>
    public static bool Keeps(long epoch, long last, bool pinned) => pinned || epoch >= last - 1 || IsRung(epoch);
}
