using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace StressFarm.Exploration.Exhaustive;

// A preemption is a switch away from a CPU that could still step. One that waits or has finished is left for nothing.
//
// What can follow a schedule is decided here by the state it comes to, by the CPU that stepped last, and by the preemptions that are left. A
// state is gone on from once for each CPU that came to it, and again when it is come to with fewer preemptions. Where another CPU came to it
// with fewer, that is enough: to go on as any other costs one more.

/// <summary>Every state that schedules with so many preemptions come to, depth first.</summary>
/// <param name="most">preemptions of a schedule</param>
public sealed class BoundedSchedules(SearchStart start, int most)
{
    /// <summary>More than a count of them has room for.</summary>
    public const int Limit = byte.MaxValue - 1;

    private const byte Never = byte.MaxValue, Nobody = byte.MaxValue;
    private const int CheckEvery = 1024;
    private const int BytesOfState = 52;

    private readonly StatePath _path = new(start);
    private readonly List<Level> _levels = [];
    private readonly Dictionary<UInt128, Fewest> _known = [];
    private readonly Stopwatch _watch = new();

    /// <summary>A state on the path: who stepped to it and with how many preemptions, who may step and has not.</summary>
    private record struct Level(byte Last, int Preemptions, uint Left);

    /// <summary>The fewest preemptions with which each CPU came to a state.</summary>
    [System.Runtime.CompilerServices.InlineArray(Geometry.CpuLimit)]
    private struct Fewest
    {
        private byte _first;
    }

    public SearchResult Result { get; } = new();

    /// <summary>Ends at the first violation instead of going on without the schedules that begin with it.</summary>
    public bool StopsAtFirst { get; init; }
    /// <summary>Bytes of states, the path aside.</summary>
    public long MemoryLimit { get; init; } = long.MaxValue;
    public TimeSpan TimeLimit { get; init; } = TimeSpan.MaxValue;
    public CancellationToken Interrupt { get; init; }
    /// <summary>Keeps the final states, for tests.</summary>
    public bool KeepsFinals { get; init; }

    public SearchResult Run()
    {
        _watch.Start();
        if (!_path.Begin())
        {
            if (_path.Violation is { } early) Result.Note(early, () => []);
            return Ended(StopsAtFirst && _path.Violation is not null ? SearchEnd.Violated : SearchEnd.Exhausted);
        }
        Meet(Nobody, 0);
        for (long check = 1; _levels.Count > 0; check++)
        {
            if (StopsAtFirst && Result.Flaws.Count > 0) return Ended(SearchEnd.Violated);
            if (check % CheckEvery == 0 && IsOver() is { } end) return Ended(end);
            ref Level level = ref CollectionsMarshal.AsSpan(_levels)[^1];
            if (level.Left == 0)
            {
                _levels.RemoveAt(_levels.Count - 1);
                continue;
            }
            int cpu = level.Last != Nobody && (level.Left >> level.Last & 1) != 0 ? level.Last : BitOperations.TrailingZeroCount(level.Left);
            level.Left &= ~(1u << cpu);
            _path.Back(_levels.Count - 1);
            int preemptions = level.Preemptions + (IsPreempted(level.Last, cpu) ? 1 : 0);
            _path.Step(cpu);
            Result.Transitions++;
            if (!Meet((byte)cpu, preemptions)) Result.Executions++;
        }
        return Ended(StopsAtFirst && Result.Flaws.Count > 0 ? SearchEnd.Violated : SearchEnd.Exhausted);
    }

    /// <summary>Whether a step of this CPU, in the state that the path is in, leaves one that could go on.</summary>
    private bool IsPreempted(byte last, int cpu) => last != Nobody && last != cpu && (_path.Runnable >> last & 1) != 0;

    /// <summary>Enters a state, unless a path ends in it: at a violation, at a final state, or where it adds nothing.</summary>
    private bool Meet(byte last, int preemptions)
    {
        if (_path.Violation is { } violation)
        {
            Result.Note(violation, () => _path.Schedule);
            return false;
        }
        uint runnable = _path.Runnable;
        if (!Lower(last, preemptions, out bool known)) return false;
        Result.Depth = Math.Max(Result.Depth, _path.Depth);
        if (!known) Result.States++;
        if (runnable == 0)
        {
            if (!known) Close();
            return false;
        }
        bool stays = preemptions == most && last != Nobody && (runnable >> last & 1) != 0;
        _levels.Add(new Level(last, preemptions, stays ? 1u << last : runnable));
        return true;
    }

    /// <summary>Notes who came to a state, and how; false when it adds nothing to what was known.</summary>
    private bool Lower(byte last, int preemptions, out bool known)
    {
        ref Fewest held = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, _path.Key, out known);
        Span<byte> fewest = held;
        if (!known) fewest.Fill(Never);
        if (last == Nobody) return true;
        if (fewest[last] <= preemptions) return false;
        foreach (byte other in fewest)
            if (other < preemptions) return false;
        fewest[last] = (byte)preemptions;
        return true;
    }

    private void Close()
    {
        Result.FinalStates++;
        if (KeepsFinals) Result.Finals.Add(_path.Key);
        if (_path.Close() is { } late) Result.Note(late, () => _path.Schedule);
    }

    /// <summary>With what the table takes while it grows, when it is about to.</summary>
    private long Bytes => _known.Capacity * (_known.Count + CheckEvery > _known.Capacity ? 3L : 1L) * BytesOfState;

    private SearchEnd? IsOver()
    {
        Result.Bytes = Bytes;
        return Interrupt.IsCancellationRequested ? SearchEnd.Interrupted
            : _watch.Elapsed > TimeLimit ? SearchEnd.OutOfTime
            : Bytes > MemoryLimit ? SearchEnd.OutOfMemory : null;
    }

    private SearchResult Ended(SearchEnd end)
    {
        Result.End = end;
        Result.Bytes = Bytes;
        return Result;
    }
}
