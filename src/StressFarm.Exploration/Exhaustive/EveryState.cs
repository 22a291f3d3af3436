using System.Diagnostics;
using System.Numerics;

namespace StressFarm.Exploration.Exhaustive;

// What makes this search cover every interleaving.
//
// 1. States. A schedule of a programme is a path: from a state, a CPU that can step leads to the next. Two schedules that come to the same state have
// the same future, so that it is enough to go on from one of them. What a state is: memory, ghost, every suspended method's locals, what each CPU
// holds, sections, lists, the driver's allocator, what planted edits remember, the stores that a CPU waits with (KernelMachine.KeyWith). Left out is
// who wrote a word last and how many steps it took, which is quoted by a violation and decides none, and what the kernel's checks printed. Locals are
// taken from the fields that the compiler made; one whose kind is not known is refused. States are told apart by a key of 64 or 128 bits. Two states
// with the same key would be held for one; the probability is given with the verdict.
//
// 2. Persistent sets. From a state it is enough to go on with some of the CPUs, a set S, if nothing that the others can do from there without S touches what
// the next steps of S touch. Then whatever can happen has a step of S in it, which could have come first, or none, and then a step of S can be put before it. Touch: two steps
// touch if one writes a place that the other reads or writes. Places are the halves of words, the ghost's tables entry by entry and its objects field
// by field, lists' lengths, sections, the driver's allocator, store buffers; what the judge looks at after a step the step has read. Nothing of this
// is declared: the log of a step (StepLog) has it. A write of what is there already is a read.
//
// 3. What others can still do is learned. Where a CPU is (Local: its methods, locals and handles), each step that is taken there teaches what
// that step touches; what may come later is gathered from what comes next. The search is repeated until one of its passes teaches nothing. That pass
// is sound. Say that, from a state s which it goes on from, it had all that can happen in n steps, up to the order of steps that do not touch
// (n = 0 is nothing). Take n + 1 steps w from s, and the set S that was chosen there. If a step t of S is in w, those before it are of other CPUs; they are
// at most n, so that what they touch is known, and was when S was chosen: they do not touch t, t was taken at s, and the n others follow it. If none is, let e be the last step of
// w. The n before it are known; put t of S before them. Then e comes after t and n steps that it has in common with w. Had e touched t, then up to the first
// place that it has in common with t it reads what it read before, so that it comes to that place after t as well: it has been seen to touch it
// there, once it was taken, and so S would have been another. For e to be taken it has to be got to: from the state after t the same holds again, and
// so on; that ends, at a state where a step of w is in the chosen set, because a cycle has a state that is left by every CPU (5), and so has one where a step violates (4).
// Who waits for a lock touches it before it can step (LearnedSets.Find).
//
// 4. A violation ends a schedule. So the steps of others, which did not touch it, do not happen after it: a state with a step that violates is left by
// every CPU.
//
// 5. A loop, such as a CPU that looks again until another has done something, leads back to a state that is known; paths end there. So that
// nobody is put off for ever in it, a state from which a step leads back to one on the path is left by every CPU. That such a loop goes on for
// ever if the other CPU never steps is no violation here, and I57 is not judged.

/// <summary>Every state that a programme can be in, less those that differ only in the order of steps that have nothing to do with each other; depth first.</summary>
public sealed class EveryState
{
    private const int CheckEvery = 1024;
    /// <summary>Of the schedules before the first pass: how many in a row teach nothing, how many there are, how long one is.</summary>
    private const int QuietWalks = 48, MostWalks = 2000, MostSteps = 5000;

    private readonly SearchStart _start;
    private readonly Machine _machine;
    private readonly int _cpus;
    private readonly MachineMark _final = new();
    /// <summary>By level, CPU by CPU: where it is.</summary>
    private Local[] _where = [];
    private UInt128[] _locals = [];
    private Level[] _path = [];
    private readonly PathKeys _onPath = new();
    private StateTable _known = null!;
    private LearnedSets? _learned;
    private Stopwatch _watch = null!;

    public EveryState(SearchStart start)
    {
        _start = start;
        _machine = start.Machine;
        _cpus = start.Cpus;
    }

    /// <summary>A state on the path: who can step, who is still to, who has.</summary>
    private sealed class Level
    {
        public readonly MachineMark Mark = new();
        public UInt128 Key;
        public uint Runnable, Left, Done;
        public byte Chosen;
    }

    public SearchResult Result { get; } = new();

    /// <summary>Ends at the first violation instead of going on without the schedules that begin with it.</summary>
    public bool StopsAtFirst { get; init; }
    /// <summary>Keys of 128 bits.</summary>
    public bool Wide { get; init; }
    /// <summary>Bytes of states, of the path and of what is learned.</summary>
    public long MemoryLimit { get; init; } = long.MaxValue;
    /// <summary>States of one pass.</summary>
    public long StateLimit { get; init; } = long.MaxValue;
    public TimeSpan TimeLimit { get; init; } = TimeSpan.MaxValue;
    public CancellationToken Interrupt { get; init; }
    /// <summary>Keeps the final states, for tests.</summary>
    public bool KeepsFinals { get; init; }
    /// <summary>False begins the first pass with nothing learned: for tests that a lucky schedule must not spare what they look for.</summary>
    internal bool LooksAround { get; init; } = true;
    /// <summary>False leaves each state by every CPU: what is compared with.</summary>
    public bool Reduces { get; init; } = true;
    /// <summary>For tests that show what a key is for: less of each CPU's own than there is.</summary>
    internal bool ForgetsLocals { get; init; }
    /// <summary>The same of rules 3, 4 and 5: who waits for a lock, steps that violate, states on the path.</summary>
    internal bool ForgetsWaits { get; init; }
    internal bool ForgetsViolations { get; init; }
    internal bool ForgetsPath { get; init; }

    public SearchResult Run()
    {
        _watch = Stopwatch.StartNew();
        _known = new StateTable(Wide);
        SearchEnd end;
        do
        {
            end = Pass();
            Result.Passes++;
            if (_learned is { HasLearned: true } && end == SearchEnd.Exhausted) _learned.Gather();
            else break;
        }
        while (true);
        Result.End = end;
        Result.Bytes = Bytes;
        return Result;
    }

    /// <summary>From the first state through all that are chosen.</summary>
    private SearchEnd Pass()
    {
        Result.BeginPass();
        _known.Clear();
        _onPath.Clear();
        if (!_start.Begin())
        {
            if (_machine.Violation is { } early) Result.Note(early, () => []);
            return StopsAtFirst && _machine.Violation is not null ? SearchEnd.Violated : SearchEnd.Exhausted;
        }
        MakeRoom(0);
        if (Reduces && _learned is null)
        {
            _learned = new LearnedSets(_machine, _cpus) { ForgetsWaits = ForgetsWaits };
            if (LooksAround) LookAround();
        }
        Locate(0);
        int depth = -1;
        if (Meet(0)) Enter(++depth, 0);
        if (StopsAtFirst && Result.Flaws.Count > 0) return SearchEnd.Violated;
        for (long check = 1; depth >= 0; check++)
        {
            if (check % CheckEvery == 0)
            {
                if (IsOver() is { } end) return end;
                // What was learned so far is of use at once, though this pass is then not the last.
                _learned?.GatherEarly();
            }
            if (_known.IsFull && Bytes - _known.Bytes + _known.BytesToGrow > MemoryLimit) return SearchEnd.OutOfMemory;
            Level level = _path[depth];
            if (level.Left == 0)
            {
                _onPath.Remove(level.Key);
                if (--depth >= 0) _machine.Undo(_path[depth].Mark);
                continue;
            }
            int stepper = Choose(level, depth);
            Take(level, depth, stepper);
            if (_machine.Violation is { } violation)
            {
                Note(violation, depth);
                if (StopsAtFirst) return SearchEnd.Violated;
                if (!ForgetsViolations) level.Left |= level.Runnable & ~level.Done;
                Result.Executions++;
                _machine.Undo(level.Mark);
                continue;
            }
            Follow(depth, stepper);
            if (Meet(depth + 1)) Enter(++depth, CpuOf(stepper));
            else
            {
                Result.Executions++;
                if (StopsAtFirst && Result.Flaws.Count > 0) return SearchEnd.Violated;
                if (!ForgetsPath && _onPath.MayHave(_path[depth + 1].Key) && IsOnPath(_path[depth + 1].Key, depth)) level.Left |= level.Runnable & ~level.Done;
                _machine.Undo(level.Mark);
            }
            if (Result.States > StateLimit) return SearchEnd.OutOfStates;
        }
        return SearchEnd.Exhausted;
    }

    /// <summary>
    /// Schedules at random, before the first pass: most of what there is to learn is learned cheaply there, and passes that only find that out are
    /// spared. The same ones always.
    /// </summary>
    private void LookAround()
    {
        var random = new Pcg(1, stream: 14);
        Span<byte> order = stackalloc byte[StepMachine.StepperLimit];
        _machine.Keep(_final, stepper: -1);
        for (int quiet = 0, walks = 0; quiet < QuietWalks && walks < MostWalks; walks++)
        {
            Locate(0);
            for (int i = 0; i < order.Length; i++)
            {
                int other = random.Below(i + 1);
                (order[i], order[other]) = (order[other], (byte)i);
            }
            int lowered = 1 << random.Below(10);
            for (int steps = 0; _machine.Runnable != 0 && steps < MostSteps; steps++)
            {
                // As PCT does: the first in an order that changes now and then.
                int at = 0;
                while ((_machine.Runnable >> order[at] & 1) == 0) at++;
                byte stepper = order[at];
                if (random.OneIn(lowered))
                {
                    order[(at + 1)..].CopyTo(order[at..]);
                    order[^1] = stepper;
                }
                _path[0].Chosen = stepper;
                _start.Step(stepper);
                _learned!.Learn(_where[CpuOf(stepper)]);
                if (_machine.Violation is not null) break;
                Follow(0, stepper);
                Array.Copy(_where, _cpus, _where, 0, _cpus);
                Array.Copy(_locals, _cpus, _locals, 0, _cpus);
            }
            _machine.Undo(_final);
            quiet = _learned!.HasLearned ? 0 : quiet + 1;
            _learned.Gather();
        }
    }

    private void Take(Level level, int depth, int stepper)
    {
        level.Left &= ~(1u << stepper);
        level.Done |= 1u << stepper;
        level.Chosen = (byte)stepper;
        _machine.Keep(level.Mark, stepper);
        _start.Step(stepper);
        Result.Transitions++;
        _learned?.Learn(_where[depth * _cpus + CpuOf(stepper)]);
    }

    /// <summary>Where the CPUs are on the next level: as before, but for the one that stepped, and for those whose buffers it let out.</summary>
    private void Follow(int depth, int stepper)
    {
        MakeRoom(depth + 1);
        int from = depth * _cpus, to = from + _cpus;
        for (int cpu = 0; cpu < _cpus; cpu++)
        {
            _locals[to + cpu] = _locals[from + cpu];
            _where[to + cpu] = _where[from + cpu];
            if (cpu != CpuOf(stepper) && _machine.MemoryModel == MemoryModel.Sc) continue;
            UInt128 key = _machine.LocalKey(cpu);
            if (key == _locals[from + cpu] && cpu != CpuOf(stepper)) continue;
            _locals[to + cpu] = key;
            if (_learned is null) continue;
            _where[to + cpu] = _learned.Find(cpu, key);
            _learned.Learn(_where[from + cpu], _where[to + cpu]);
        }
    }

    private void Locate(int level)
    {
        for (int cpu = 0; cpu < _cpus; cpu++)
        {
            _locals[level * _cpus + cpu] = _machine.LocalKey(cpu);
            if (_learned is not null) _where[level * _cpus + cpu] = _learned.Find(cpu, _locals[level * _cpus + cpu]);
        }
    }

    /// <summary>True for a state that is new and can be left. A final one is judged here.</summary>
    private bool Meet(int level)
    {
        UInt128 key = _path[level].Key = _machine.KeyWith(ForgetsLocals ? [] : _locals.AsSpan(level * _cpus, _cpus));
        if (!_known.Add(key)) return false;
        Result.States++;
        if (_machine.Runnable != 0) return true;
        Result.FinalStates++;
        if (KeepsFinals) Result.Finals.Add(key);
        _machine.Keep(_final, stepper: -1);
        if (_start.Close() is { } violation) Note(violation, level - 1);
        _machine.Undo(_final);
        return false;
    }

    private void Enter(int depth, int last)
    {
        Level level = _path[depth];
        level.Runnable = _machine.Runnable;
        level.Left = _learned is null ? level.Runnable : SteppersOf(_learned.Choose(_where.AsSpan(depth * _cpus, _cpus), CpusOf(level.Runnable), last)) & level.Runnable;
        level.Done = 0;
        _onPath.Add(level.Key);
        Result.Depth = Math.Max(Result.Depth, depth);
    }

    private static int CpuOf(int stepper) => stepper < StepMachine.FirstUnit ? stepper : (stepper - StepMachine.FirstUnit) / 2;

    /// <summary>CPUs that can step, they or a unit of theirs.</summary>
    private uint CpusOf(uint steppers)
    {
        uint cpus = steppers & ((1u << _cpus) - 1);
        for (uint units = steppers >> StepMachine.FirstUnit; units != 0; units &= units - 1) cpus |= 1u << BitOperations.TrailingZeroCount(units) / 2;
        return cpus;
    }

    private static uint SteppersOf(uint cpus)
    {
        uint steppers = cpus;
        for (; cpus != 0; cpus &= cpus - 1) steppers |= 3u << StepMachine.FirstUnit + 2 * BitOperations.TrailingZeroCount(cpus);
        return steppers;
    }

    /// <summary>The one that stepped before, where it can: the first schedules have the fewest switches.</summary>
    private int Choose(Level level, int depth)
    {
        int before = depth > 0 ? _path[depth - 1].Chosen : 0;
        return (level.Left >> before & 1) != 0 ? before : BitOperations.TrailingZeroCount(level.Left);
    }

    private bool IsOnPath(UInt128 key, int depth)
    {
        for (int i = depth; i >= 0; i--)
            if (_path[i].Key == key) return true;
        return false;
    }

    private void MakeRoom(int level)
    {
        if (level < _path.Length) return;
        int known = _path.Length;
        Array.Resize(ref _path, Math.Max(64, known * 2));
        for (int i = known; i < _path.Length; i++) _path[i] = new Level();
        Array.Resize(ref _where, _path.Length * _cpus);
        Array.Resize(ref _locals, _path.Length * _cpus);
    }

    private void Note(Violation violation, int depth) =>
        Result.Note(violation, () => [.. _start.Prefix, .. _path.Take(depth + 1).Select(l => l.Chosen)]);

    // A level keeps a CPU's fields and handles.
    private long Bytes => _known.Bytes + _path.Length * (1024L + _cpus * 24L) + (_learned?.Bytes ?? 0);

    private SearchEnd? IsOver()
    {
        Result.Bytes = Bytes;
        return Interrupt.IsCancellationRequested ? SearchEnd.Interrupted
            : _watch.Elapsed > TimeLimit ? SearchEnd.OutOfTime
            : Bytes > MemoryLimit ? SearchEnd.OutOfMemory : null;
    }
}
