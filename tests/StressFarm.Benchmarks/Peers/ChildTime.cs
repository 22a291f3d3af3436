using System.Runtime.InteropServices;

namespace StressFarm.Benchmarks;

/// <summary>Processor time of child processes that have ended, which .NET does not tell.</summary>
internal static partial class ChildTime
{
    private const int Children = -1; // RUSAGE_CHILDREN

    /// <summary>Seconds, user and system, of all children so far.</summary>
    public static double Total
    {
        get
        {
            Span<long> usage = stackalloc long[18]; // struct rusage of 64-bit Linux: two struct timeval and 14 longs
            if (GetUsage(Children, usage) != 0) throw new PeerException("getrusage() does not work here");
            return usage[0] + usage[2] + (usage[1] + usage[3]) / 1e6;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, Span<long> usage);
}
