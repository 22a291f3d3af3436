using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StressFarm.Engine;

/// <summary>
/// A machine that takes steps: words of memory and CPUs, one access at a time for the CPU that the scheduler picked; between two
/// accesses nothing happens. This is the only place that touches the memory for what runs, and therefore where other memory models
/// (TSO, WEAK) delay a store's visibility: <see cref="StoreBuffers"/>. What words, steps and operations mean it does not know.
/// </summary>
public abstract partial class StepMachine
{
    /// <summary>The location of an access that has none (fences, yields).</summary>
    public const int NoWord = -1;
    /// <summary>CPUs that a machine can have, without the one for set-up and teardown.</summary>
    public const int CpuLimit = 8;
    /// <summary>From this number on steppers are units of CPUs, two each, which let stores out (MM=TSO, WEAK). Past every CPU's number.</summary>
    public const int FirstUnit = CpuLimit + 1;
    /// <summary>Numbers of all that a strategy can choose.</summary>
    public const int StepperLimit = FirstUnit + 2 * CpuLimit;

    private uint _waiting;
    /// <summary>CPUs that some schedule used since the last reset.</summary>
    private int _usedCpus;
    private Stepper? _stepper;
    private int _chosen;
    private bool _decided;
    /// <summary>See <see cref="IsQuiet"/>; and the same where the stepper stays with a CPU while it holds, -1 where it does not.</summary>
    private long _quietUntil = -1, _stayUntil = -1;
    /// <summary>Stores that others do not see yet; null under sequential consistency.</summary>
    private StoreBuffers? _buffers;
    private StoreBuffers? _builtBuffers;
    private readonly WordMemory _memory;
    // The memory's.
    private readonly ulong[] _words, _writers;
    private readonly bool[] _lineDirty;
    private StepObserver _observer = null!;

    /// <param name="memory">whose words below <see cref="WordMemory.FirstCell"/> the observer is told of</param>
    /// <param name="maxCpus">CPUs it can run, 1 to <see cref="CpuLimit"/>; one more runs set-up and teardown</param>
    protected StepMachine(WordMemory memory, int maxCpus)
    {
        _memory = memory;
        MaxCpus = maxCpus;
        _touchable = memory.FirstCell * 4;
        (_words, _writers, _lineDirty) = memory.Arrays;
        AllCpus = Steppers = [];
    }

    /// <summary>Of whoever builds the machine, once.</summary>
    protected void Build(StepCpu[] cpus, StepObserver observer)
    {
        AllCpus = Steppers = [.. cpus];
        _observer = observer;
        foreach (StepCpu cpu in cpus) cpu.Continue();
    }

    /// <summary>CPUs it can run, without the one for set-up and teardown.</summary>
    internal int MaxCpus { get; }
    internal StepCpu[] AllCpus { get; private set; }
    internal WordMemory Words => _memory;
    /// <summary>CPUs of this run: 0 to <see cref="ActiveCpus"/> - 1.</summary>
    public int ActiveCpus { get; private set; }
    public MemoryModel MemoryModel { get; private set; }
    /// <summary>The numbers of the steps in which a unit lets a store out, and satisfies a load early.</summary>
    protected internal abstract ushort DrainStep { get; }
    protected internal abstract ushort EarlyLoadStep { get; }

    internal FramePool Frames { get; } = new();

    /// <summary>All that a strategy can choose, by number: the CPUs, and their units where the memory model has any.</summary>
    public StepCpu[] Steppers { get; private set; }
    /// <summary>How many of them take part; the i-th has number <see cref="StepperNumber"/>.</summary>
    public int StepperCount => _buffers is null ? ActiveCpus : 3 * ActiveCpus;
    public int StepperNumber(int i) => i < ActiveCpus ? i : FirstUnit + i - ActiveCpus;

    /// <summary>Accesses since the reset.</summary>
    public long Steps { get; private set; }
    /// <summary>Hash of every step so far: CPU, step number, location, value.</summary>
    public ulong Digest { get; private set; }
    /// <summary>The observer has found something: the run ends there.</summary>
    public bool HasFound => _observer.HasFound;
    /// <summary>Records every step when set; null in ordinary runs.</summary>
    public ITrace? Trace
    {
        get => _trace;
        set
        {
            _trace = value;
            LookForWatchers();
        }
    }
    private ITrace? _trace;

    /// <summary>Only so many CPUs were used by some run since the last reset, and have anything to forget.</summary>
    protected int UsedCpus => _usedCpus;

    /// <summary>Nothing of earlier runs is left.</summary>
    protected void ForgetUsedCpus() => _usedCpus = 0;

    /// <summary>Every CPU may have something to forget.</summary>
    protected void UseAllCpus() => _usedCpus = MaxCpus;

    /// <summary>A run begins.</summary>
    /// <param name="edits">of what runs, unless <see cref="Planted"/> says otherwise; null for none</param>
    protected void BeginRun(int cpus, MemoryModel memoryModel, EditPlan? edits)
    {
        ActiveCpus = cpus;
        MemoryModel = memoryModel;
        Steps = 0;
        Digest = Pcg.Mix((ulong)cpus);
        _touchedCount = 0;
        EndLog();
        _waiting = 0;
        Runnable = 0;
        _buffers = memoryModel == MemoryModel.Sc ? null : _builtBuffers ??= new StoreBuffers(this);
        _buffers?.Reset();
        Steppers = _buffers?.Steppers ?? AllCpus;
        BeginEdits(Planted ?? edits);
        LookForWatchers();
        _usedCpus = Math.Max(_usedCpus, cpus);
        _observer.Reset();
    }

    /// <summary>CPUs that can take a step now, one bit each.</summary>
    public uint Runnable
    {
        get => _runnable;
        private set
        {
            _runnable = value;
            if (value == 0) EndQuiet();
        }
    }
    private uint _runnable;

    /// <summary>Puts an operation on a CPU and runs it to its first access.</summary>
    public void Start(StepCpu cpu, Op op)
    {
        cpu.Root = op.Frame;
        cpu.Finished = op.Frame is null;
        if (cpu.Finished) cpu.Pending = default;
        UpdateRunnable(cpu);
    }

    /// <summary>The chosen CPU does the access it named, and its code up to the next one.</summary>
    public void Step(StepCpu cpu)
    {
        _stepper = null;
        if (_edits is not null)
        {
            StepEdited(cpu);
            return;
        }
        if (cpu.Number >= FirstUnit)
        {
            _buffers!.Step(cpu);
            return;
        }
        cpu.Current!.MoveNext();
        if (cpu.Pending.Kind == AccessKind.None) Finish(cpu);
        EndStep(cpu);
    }

    /// <summary>
    /// Steps CPUs from <paramref name="first"/> on, as the stepper chooses after each step, until it chooses none. What
    /// happens is exactly what <see cref="Step"/> would do, one call a step; but while the same CPU is chosen its operation
    /// goes on without being suspended, which is much faster.
    /// </summary>
    public void Run(int first, Stepper stepper)
    {
        _quietUntil = !HasFound && Runnable != 0 ? Steps + stepper.QuietSteps : -1;
        _stayUntil = stepper.StaysWhileQuiet ? _quietUntil : -1;
        if (_edits is not null)
        {
            RunEdited(first, stepper);
            return;
        }
        _stepper = stepper;
        try
        {
            for (int next = first; next >= 0; next = _chosen)
            {
                StepCpu cpu = Steppers[next];
                if (next >= FirstUnit)
                {
                    _buffers!.Step(cpu);
                    _chosen = stepper.Next(this, cpu);
                    continue;
                }
                _decided = false;
                cpu.Current!.MoveNext();
                if (_decided) continue;
                // Not suspended at a further access: it has finished.
                Finish(cpu);
                EndStep(cpu);
                _chosen = stepper.Next(this, cpu);
            }
        }
        finally
        {
            _stepper = null;
        }
    }

    /// <summary>
    /// A CPU has named its next access. True when it may go on at once: the step before is complete and the same CPU was
    /// chosen again. False suspends the operation.
    /// </summary>
    internal bool GoesOn(StepCpu cpu)
    {
        Stepper? stepper = _stepper;
        if (stepper is null) return GoesOnEdited(cpu);
        EndStep(cpu);
        if (Steps <= _stayUntil) return true;
        int chosen = stepper.Next(this, cpu);
        if (chosen == cpu.Number) return true;
        _chosen = chosen;
        _decided = true;
        return false;
    }

    internal void SetUnitRunnable(int unit, bool runnable)
    {
        if (runnable) Runnable |= 1u << unit;
        else Runnable &= ~(1u << unit);
    }

    /// <summary>Whom releases and early loads are told.</summary>
    internal StoreBuffers? Buffers => _buffers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndStep(StepCpu cpu)
    {
        if (_touchedCount != 0) _observer.AfterStep(cpu, MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(_touched), _touchedCount));
        AccessKind kind = cpu.Pending.Kind;
        // Most steps change nothing about who can run: whoever waits goes on waiting until somebody writes.
        if ((_waiting == 0 || !_wrote) && kind is not (AccessKind.None or AccessKind.Lock)) return;
        UpdateRunnable(cpu);
    }

    private static void Finish(StepCpu cpu)
    {
        cpu.Finished = true;
        if (StepLog.IsKept) cpu.Engine.Words.Log?.Finished(cpu.Number, changed: true);
        cpu.Root!.Recycle();
        cpu.Root = null;
        cpu.Current = null;
    }

    /// <summary>
    /// After an exception in a protocol (a defect of the model): forgets the call chains without giving their boxes back,
    /// since some of them may have been given back already.
    /// </summary>
    public void Discard()
    {
        foreach (StepCpu cpu in AllCpus) cpu.Current = cpu.Root = null;
    }

    /// <summary>
    /// The run cannot be over yet: nothing is violated, somebody can step, and the stepper's <see cref="Stepper.QuietSteps"/> are not
    /// done. One comparison in place of a look at each; whoever ends quiet says so (<see cref="EndQuiet"/>).
    /// </summary>
    public bool IsQuiet => Steps <= _quietUntil;

    /// <summary>Something is violated, or nobody can step: whoever chooses has to look.</summary>
    internal void EndQuiet() => _quietUntil = _stayUntil = -1;

    private void UpdateRunnable(StepCpu stepped)
    {
        uint bit = 1u << stepped.Number, runnable = _runnable, waiting = _waiting;
        if (stepped.Finished)
        {
            runnable &= ~bit;
            waiting &= ~bit;
        }
        else if (stepped.Pending.Kind == AccessKind.Lock)
        {
            waiting |= bit;
        }
        else
        {
            runnable |= bit;
            waiting &= ~bit;
        }
        for (uint rest = waiting; rest != 0; rest &= rest - 1)
        {
            int i = int.TrailingZeroCount((int)rest);
            ref Access a = ref AllCpus[i].Pending;
            if ((_memory.Now(a.Location) & a.A) == 0) runnable |= 1u << i;
            else runnable &= ~(1u << i);
        }
        _waiting = waiting;
        Runnable = runnable;
    }
}
