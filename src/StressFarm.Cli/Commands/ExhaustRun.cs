using StressFarm.Campaigns;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Cli.Commands;

/// <summary>The searches of one command, one after the other on one budget, with their progress.</summary>
internal sealed class ExhaustRun(CliHost host, SearchStart start, long memory, TimeSpan budget)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(3);

    private readonly long _begun = host.Clock.GetTimestamp();

    private TimeSpan Elapsed => host.Clock.GetElapsedTime(_begun);
    private TimeSpan Left => budget == TimeSpan.MaxValue ? budget : budget - Elapsed;

    /// <summary>What the last search took.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>Up to the first violation.</summary>
    /// <param name="wide">keys of 128 bits</param>
    /// <param name="preemptions">of a schedule, at most; null for any</param>
    public SearchResult Search(bool wide, int? preemptions)
    {
        if (preemptions is { } most)
        {
            var bounded = new BoundedSchedules(start, most) { StopsAtFirst = true, MemoryLimit = memory, TimeLimit = Left, Interrupt = host.Interrupt };
            return Watched(bounded.Run, () => ExhaustText.Progress(bounded.Result));
        }
        var every = new EveryState(start) { StopsAtFirst = true, Wide = wide, MemoryLimit = memory, TimeLimit = Left, Interrupt = host.Interrupt };
        return Watched(every.Run, () => ExhaustText.Progress(every.Result));
    }

    /// <summary>Of all schedules that violate anything the shortest; the one that is known where the budget ends before.</summary>
    public ShortestResult Shorten(byte[] known)
    {
        var shortest = new ShortestSchedule(start) { Known = known, MemoryLimit = memory, TimeLimit = Left, Interrupt = host.Interrupt };
        return Watched(shortest.Run, () => ExhaustText.Progress(shortest.Result));
    }

    private T Watched<T>(Func<T> search, Func<string> progress)
    {
        long begun = host.Clock.GetTimestamp();
        using (host.Clock.CreateTimer(_ => Say(progress()), null, s_period, s_period))
            try
            {
                return search();
            }
            catch (NotSupportedException e)
            {
                throw new SpecException($"exhaust: this programme cannot be searched: {e.Message}");
            }
            finally
            {
                Took = host.Clock.GetElapsedTime(begun);
            }
    }

    private void Say(string progress)
    {
        try
        {
            host.Error.WriteLine($"[{Numbers.Duration(Elapsed)}] {progress}");
            host.Error.Flush();
        }
        catch (IOException)
        {
            // Standard error was closed: the search goes on without its progress.
        }
    }
}
