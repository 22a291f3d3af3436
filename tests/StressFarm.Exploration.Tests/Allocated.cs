namespace StressFarm.Exploration.Tests;

/// <summary>
/// What a piece of work allocates each time. The runtime's count for a thread is not exact when another thread's collection
/// takes the thread's allocation context away meanwhile: the rest of that context, up to 8 KiB, may be counted as allocated
/// (here in one measurement of thirty beside a thread that allocates all the time, in none without it). Work that
/// allocates does so every time it is done, so the least of several measurements is what it allocates.
/// </summary>
internal static class Allocated
{
    /// <summary>Bytes; <paramref name="work"/> is done once, and again up to ten times until it has allocated none.</summary>
    public static long By(Action work)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 10 && least != 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}

public class AllocatedTests
{
    private object? _kept;

    [Fact]
    public void An_allocation_each_time_is_seen() => Assert.InRange(Allocated.By(() => _kept = new byte[100]), 100, 200);

    [Fact]
    public void Work_that_allocates_nothing_is_clean() => Assert.Equal(0, Allocated.By(() => GC.KeepAlive(_kept)));
}
