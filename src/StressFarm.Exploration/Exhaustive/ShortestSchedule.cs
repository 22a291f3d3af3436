using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using StressFarm.Exploration.Replays;

namespace StressFarm.Exploration.Exhaustive;

// What makes the schedule that is found the shortest one.
//
// A context switch is a step of another CPU than the one that stepped before, whether that one could have gone on or not: a change of CPU
// after the end of a programme counts like any other. The first step is none. Fewest switches come first, and among as many, fewest steps.
//
// What can follow a schedule, and what it costs, is decided by the state it comes to and the CPU that stepped last. So of two schedules
// that come to the same state by the same CPU the shorter one is enough; and since a step of the same CPU costs no switch, and one of
// another costs one, all that costs c switches is what costs c-1, one switch, and then steps of that CPU. They are run in that order,
// c = 0, 1, 2, …: what was come to with fewer switches is never come to again, and what was come to with as many, and more steps, is
// taken over. The first c with a violation is the fewest, and is run to its end for the fewest steps.

/// <summary>What a search for the shortest has come to so far. Written by its thread; others read the counts for their progress.</summary>
public sealed class ShortestResult
{
    /// <summary>Violated: no schedule is shorter. Exhausted: none violates it. Otherwise the budget ended before either was known.</summary>
    public SearchEnd End { get; internal set; }
    /// <summary>The shortest that is known, with what came before the search; null when none is.</summary>
    public byte[]? Schedule { get; internal set; }
    /// <summary>Context switches of the schedule. What came before the search is not counted.</summary>
    public int Switches { get; internal set; } = int.MaxValue;
    /// <summary>Steps of the schedule. What came before the search is not counted.</summary>
    public int Steps { get; internal set; } = int.MaxValue;
    /// <summary>It is known that no schedule of fewer switches does it.</summary>
    public int NotBelow { get; internal set; }
    /// <summary>Different states, each counted for each CPU by whose step it was come to.</summary>
    public long States { get; internal set; }
    /// <summary>Steps that were taken, those that only lead back to a state included.</summary>
    public long Transitions { get; internal set; }
    /// <summary>Bytes of what is kept, the path aside.</summary>
    public long Bytes { get; internal set; }
}

/// <summary>Of the schedules that end in a flaw, the one with the fewest context switches, and among those the fewest steps; of equals always the same.</summary>
/// <param name="flaw">null for any</param>
public sealed class ShortestSchedule(SearchStart start, Flaw? flaw = null)
{
    private const int CheckEvery = 1024;
    private const int BytesOfState = 68;

    private readonly StatePath _path = new(start);
    private readonly Dictionary<(UInt128 State, byte Cpu), Place> _met = [];
    private readonly List<Stretch> _stretches = [];
    /// <summary>The steps on the path, and those of the place to go to.</summary>
    private readonly List<byte> _steps = [], _wanted = [];
    private readonly Stopwatch _watch = new();
    /// <summary>The first stretch that has as many switches as those that are added.</summary>
    private int _layer;
    private SearchEnd? _cut;

    /// <summary>Steps of one CPU after a switch to it: those between two depths of a path, after which it may be left.</summary>
    /// <param name="Before">the stretch that it leaves; -1 for none</param>
    private record struct Stretch(int Before, int From, int To, byte Cpu);

    private readonly record struct Place(int Stretch, int Depth);

    public ShortestResult Result { get; } = new();

    /// <summary>A schedule that ends in the flaw, with what came before the search: nothing that is no shorter is looked for.</summary>
    public byte[]? Known { get; init; }
    public long MemoryLimit { get; init; } = long.MaxValue;
    public TimeSpan TimeLimit { get; init; } = TimeSpan.MaxValue;
    public CancellationToken Interrupt { get; init; }

    public ShortestResult Run()
    {
        _watch.Start();
        if (!_path.Begin() || _path.Runnable == 0)
        {
            if ((_path.Violation ?? _path.Close()) is { } early) Note(early, 0);
            return Ended();
        }
        if (Known is { } known)
        {
            byte[] steps = known[start.Prefix.Count..];
            (Result.Schedule, Result.Switches, Result.Steps) = (known, Scenario.SwitchesOf(steps), steps.Length);
        }
        for (uint left = _path.Runnable; left != 0; left &= left - 1) Follow(new Place(-1, 0), BitOperations.TrailingZeroCount(left), 0);
        for (int switches = 1; switches <= Result.Switches && _layer < _stretches.Count && _cut is null; switches++)
        {
            Result.NotBelow = switches;
            (int first, _layer) = (_layer, _stretches.Count);
            for (int i = first; i < _layer; i++) Leave(i, switches);
        }
        return Ended();
    }

    /// <summary>Each state with each CPU that came to it, by the fewest switches, and the fewest steps with so many; for tests.</summary>
    public Dictionary<(UInt128 State, byte Cpu), (int Switches, int Steps)> Costs() =>
        _met.ToDictionary(m => m.Key, m => (SwitchesOf(m.Value.Stretch), m.Value.Depth));

    private int SwitchesOf(int stretch) => _stretches[stretch].Before is >= 0 and var before ? 1 + SwitchesOf(before) : 0;

    /// <summary>Switches away from a stretch after each of its steps, to each other CPU. From its end on: the path is only shortened.</summary>
    private void Leave(int stretch, int switches)
    {
        Stretch left = _stretches[stretch];
        for (int depth = left.To; depth > left.From && _cut is null; depth--)
        {
            var place = new Place(stretch, depth);
            GoTo(place);
            for (uint others = _path.Runnable & ~(1u << left.Cpu); others != 0; others &= others - 1)
            {
                GoTo(place);
                Follow(place, BitOperations.TrailingZeroCount(others), switches);
            }
        }
    }

    /// <summary>A switch to a CPU, which goes on as long as it can, and comes to what was not come to as cheaply.</summary>
    private void Follow(Place from, int cpu, int switches)
    {
        GoTo(from);
        int number = _stretches.Count, depth = from.Depth;
        _stretches.Add(new Stretch(from.Stretch, depth, depth, (byte)cpu));
        while (_cut is null && IsShorter(switches, depth + 1))
        {
            Step(cpu);
            depth++;
            if (_path.Violation is { } violation)
            {
                Note(violation, switches);
                break;
            }
            if (!Meet(number, cpu, depth)) break;
            CollectionsMarshal.AsSpan(_stretches)[number].To = depth;
            if (_path.Runnable == 0 && _path.Close() is { } late) Note(late, switches);
            if ((_path.Runnable >> cpu & 1) == 0) break;
        }
        if (_stretches[number].To == from.Depth) _stretches.RemoveAt(number);
    }

    /// <summary>
    /// False when the state was come to by this CPU with fewer switches, or with as many and no more steps. Otherwise who came to it so far
    /// ends before it: from there on the two are the same.
    /// </summary>
    private bool Meet(int stretch, int cpu, int depth)
    {
        ref Place held = ref CollectionsMarshal.GetValueRefOrAddDefault(_met, (_path.Key, (byte)cpu), out bool known);
        if (known)
        {
            if (held.Stretch < _layer || held.Depth <= depth) return false;
            ref Stretch other = ref CollectionsMarshal.AsSpan(_stretches)[held.Stretch];
            other.To = Math.Min(other.To, held.Depth - 1);
        }
        else
        {
            Result.States++;
        }
        held = new Place(stretch, depth);
        return true;
    }

    private bool IsShorter(int switches, int steps) => switches < Result.Switches || (switches == Result.Switches && steps < Result.Steps);

    private void Note(Violation violation, int switches)
    {
        if ((flaw is { } sought && Flaw.Of(violation) != sought) || !IsShorter(switches, _path.Depth)) return;
        (Result.Schedule, Result.Switches, Result.Steps) = (_path.Schedule, switches, _path.Depth);
    }

    private void GoTo(Place place)
    {
        CollectionsMarshal.SetCount(_wanted, place.Depth);
        Span<byte> wanted = CollectionsMarshal.AsSpan(_wanted);
        for ((int at, int end) = place; at >= 0; (at, end) = (_stretches[at].Before, _stretches[at].From))
            wanted[_stretches[at].From..end].Fill(_stretches[at].Cpu);
        int same = wanted.CommonPrefixLength(CollectionsMarshal.AsSpan(_steps));
        _path.Back(same);
        CollectionsMarshal.SetCount(_steps, same);
        foreach (byte cpu in wanted[same..]) Step(cpu);
    }

    private void Step(int cpu)
    {
        _path.Step(cpu);
        _steps.Add((byte)cpu);
        if (++Result.Transitions % CheckEvery != 0) return;
        Result.Bytes = Bytes;
        _cut = Interrupt.IsCancellationRequested ? SearchEnd.Interrupted
            : _watch.Elapsed > TimeLimit ? SearchEnd.OutOfTime
            : Bytes > MemoryLimit ? SearchEnd.OutOfMemory : null;
    }

    /// <summary>With what the table takes while it grows, when it is about to.</summary>
    private long Bytes => _met.Capacity * (_met.Count + CheckEvery > _met.Capacity ? 3L : 1L) * BytesOfState + _stretches.Capacity * 16L;

    private ShortestResult Ended()
    {
        Result.Bytes = Bytes;
        Result.End = _cut ?? (Result.Schedule is null ? SearchEnd.Exhausted : SearchEnd.Violated);
        return Result;
    }
}
