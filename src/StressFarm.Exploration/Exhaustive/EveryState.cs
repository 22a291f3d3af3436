using System.Diagnostics;
using System.Numerics;

namespace StressFarm.Exploration.Exhaustive;

// What makes this search cover every interleaving.
//
// A schedule of a programme is a path: from a state, a CPU that can step leads to the next. Two schedules that come to the same state have the
// same future, so that it is enough to go on from one of them. That is all that is used here. No two steps are held to commute, nothing is
// said of what they touch, and so there is nothing to be said wrongly: a state is left by every CPU that can step in it.
//
// It stands and falls with what a state is (KernelMachine.Hash). It is everything that decides what can still happen and what the judge
// will say: memory, ghost, every suspended method's locals, what each CPU holds, sections, lists, the driver's allocator, what planted
// edits remember. Left out is who wrote a word last and how many steps it took, which is quoted by a violation and decides none, and what the
// kernel's checks printed. Locals are taken from the fields that the compiler made; one whose kind is not known is refused.
//
// States are told apart by a key of 64 or 128 bits. Two states with the same key would be held for one; the probability is given with the verdict.
//
// A loop, such as a CPU that looks again until another has done something, leads back to a state that is known: paths end there. That such
// a loop goes on for ever if the other CPU never steps is no violation here, and I57 is not judged.

/// <summary>Every state that a programme can be in, depth first. A machine is led back by images, of which the path has one a step.</summary>
public sealed class EveryState(SearchStart start)
{
    private const int CheckEvery = 1024;

    private readonly List<Level> _path = [];
    private StateTable _known = null!;

    /// <summary>A state on the path, and who has not stepped in it yet.</summary>
    private sealed class Level
    {
        public readonly MachineImage Image = new();
        public uint Left;
        public byte Chosen;
    }

    public SearchResult Result { get; } = new();

    /// <summary>Ends at the first violation instead of going on without the schedules that begin with it.</summary>
    public bool StopsAtFirst { get; init; }
    /// <summary>Keys of 128 bits.</summary>
    public bool Wide { get; init; }
    /// <summary>Bytes of states and of the path.</summary>
    public long MemoryLimit { get; init; } = long.MaxValue;
    public TimeSpan TimeLimit { get; init; } = TimeSpan.MaxValue;
    /// <summary>States, wherever it runs: what a search comes to under this limit alone is the same on every machine.</summary>
    public long StateLimit { get; init; } = long.MaxValue;
    public CancellationToken Interrupt { get; init; }
    /// <summary>Keeps the final states, for tests.</summary>
    public bool KeepsFinals { get; init; }
    /// <summary>What states are told apart by. Less than all is for tests.</summary>
    public StateParts Parts { get; init; } = StateParts.All;

    public SearchResult Run()
    {
        var watch = Stopwatch.StartNew();
        _known = new StateTable(Wide);
        Machine machine = start.Machine;
        if (!start.Begin())
        {
            if (machine.Violation is { } early) Result.Note(early, () => []);
            Result.End = StopsAtFirst && machine.Violation is not null ? SearchEnd.Violated : SearchEnd.Exhausted;
            return Result;
        }
        int depth = -1;
        if (Meet()) Enter(++depth);
        bool there = true;
        for (long check = 1; depth >= 0; check++)
        {
            if (check % CheckEvery == 0 && IsOver(watch) is { } end) return Ended(end);
            if (Result.States > StateLimit) return Ended(SearchEnd.OutOfStates);
            if (_known.IsFull && Bytes - _known.Bytes + _known.BytesToGrow > MemoryLimit) return Ended(SearchEnd.OutOfMemory);
            Level level = _path[depth];
            if (level.Left == 0)
            {
                depth--;
                there = false;
                continue;
            }
            if (!there) machine.Load(level.Image);
            int cpu = Choose(level, depth);
            level.Left &= ~(1u << cpu);
            level.Chosen = (byte)cpu;
            start.Step(cpu);
            Result.Transitions++;
            there = machine.Violation is null && Meet();
            if (machine.Violation is { } violation)
            {
                Note(violation, depth);
                if (StopsAtFirst) return Ended(SearchEnd.Violated);
                there = false;
            }
            if (there) Enter(++depth);
            else Result.Executions++;
        }
        return Ended(SearchEnd.Exhausted);
    }

    /// <summary>True for a state that is new and can be left. A final one is judged here, and the machine is then no longer in it.</summary>
    private bool Meet()
    {
        Machine machine = start.Machine;
        if (!_known.Add(machine.Hash(Parts).Key)) return false;
        Result.States++;
        if (machine.Runnable != 0) return true;
        Result.FinalStates++;
        if (KeepsFinals) Result.Finals.Add(machine.Hash().Key);
        start.Close();
        return false;
    }

    private void Enter(int depth)
    {
        if (depth == _path.Count) _path.Add(new Level());
        Level level = _path[depth];
        start.Machine.Save(level.Image);
        level.Left = start.Machine.Runnable;
        Result.Depth = Math.Max(Result.Depth, depth);
    }

    /// <summary>The CPU that stepped before, where it can: the first schedules have the fewest switches.</summary>
    private int Choose(Level level, int depth)
    {
        int before = depth > 0 ? _path[depth - 1].Chosen : 0;
        return (level.Left >> before & 1) != 0 ? before : BitOperations.TrailingZeroCount(level.Left);
    }

    private void Note(Violation violation, int depth) =>
        Result.Note(violation, () => [.. start.Prefix, .. _path.Take(depth + 1).Select(l => l.Chosen)]);

    private long Bytes => _known.Bytes + (_path.Count == 0 ? 0 : _path.Count * _path[0].Image.Bytes);

    private SearchEnd? IsOver(Stopwatch watch)
    {
        Result.Bytes = Bytes;
        return Interrupt.IsCancellationRequested ? SearchEnd.Interrupted
            : watch.Elapsed > TimeLimit ? SearchEnd.OutOfTime
            : Bytes > MemoryLimit ? SearchEnd.OutOfMemory : null;
    }

    private SearchResult Ended(SearchEnd end)
    {
        Result.End = end;
        Result.Bytes = Bytes;
        return Result;
    }
}
