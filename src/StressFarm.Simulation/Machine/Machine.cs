using System.Runtime.CompilerServices;

namespace StressFarm.Simulation;

/// <summary>
/// The simulated machine: one memory section, its CPUs, and what judges them. It executes one access at a time for the CPU
/// that the scheduler picked; between two accesses nothing happens. This is the only place that touches the memory for the
/// protocols, and therefore where other memory models (TSO, WEAK) delay a store's visibility: <see cref="StoreBuffers"/>.
/// </summary>
public sealed partial class Machine
{
    /// <summary>The location of an access that has none (fences, yields).</summary>
    public const int NoWord = -1;
    /// <summary>From this number on steppers are units of CPUs, two each, which let stores out (MM=TSO, WEAK). Past every CPU's number.</summary>
    public const int FirstUnit = Geometry.CpuLimit + 1;
    /// <summary>Numbers of all that a strategy can choose.</summary>
    public const int StepperLimit = FirstUnit + 2 * Geometry.CpuLimit;

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
    // The memory's.
    private readonly ulong[] _words, _writers;
    private readonly bool[] _lineDirty;

    public Machine(Geometry geometry)
    {
        Geometry = geometry;
        Cells = new Cells(geometry);
        Memory = new MemMap(geometry.Pages, Cells.Count);
        _touchable = Memory.FirstCell * 4;
        (_words, _writers, _lineDirty) = Memory.Arrays;
        Ghost = new Ghost(this);
        Judge = new Judge(this);
        Cpus = new Cpu[geometry.MaxCpus + 1];
        for (int i = 0; i < Cpus.Length; i++) Cpus[i] = new Cpu(this, i);
        Steppers = Cpus;
        Driver = new DriverAllocator(this);
        Boot.PrepareListHeads(this);
        for (int i = 0; i < Cpus.Length; i++) Cpus[i].Reset();
    }

    public Geometry Geometry { get; }
    public Arena Arena { get; private set; }
    public Cells Cells { get; }
    public MemMap Memory { get; }
    public Ghost Ghost { get; }
    public Judge Judge { get; }
    public Policy Policy { get; private set; } = Policy.Control;
    public DriverAllocator Driver { get; }
    public Programme? Programme { get; private set; }
    /// <summary>How splits ended since the machine was built; not part of the simulated state.</summary>
    public SplitCounters Splits { get; } = new();

    /// <summary>Pages whose memmap is gone: I53 watches accesses to them.</summary>
    internal int RemovedPages
    {
        get => _removedPages;
        set
        {
            _removedPages = value;
            LookForWatchers();
        }
    }
    private int _removedPages;
    /// <summary>Tests of K-6 only: folio_set_order() as one access, so that no bit of page[1].flags can be lost in it.</summary>
    public bool OrderIsOneAccess { get; set; }
    /// <summary>vmemmap pages that are mapped read-only to a shared frame: 0 spares the judge a look at every write.</summary>
    internal int SharedVmemmap { get; set; }

    internal FramePool Frames { get; } = new();

    /// <summary>CPUs 0..n-1 run the programme; the last one runs set-up and teardown.</summary>
    public Cpu[] Cpus { get; }
    public Cpu SetupCpu => Cpus[^1];
    /// <summary>All that a strategy can choose, by number: the CPUs, and their units where the memory model has any.</summary>
    public Cpu[] Steppers { get; private set; }
    /// <summary>How many of them take part; the i-th has number <see cref="StepperNumber"/>.</summary>
    public int StepperCount => _buffers is null ? Arena.Cpus : 3 * Arena.Cpus;
    public int StepperNumber(int i) => i < Arena.Cpus ? i : FirstUnit + i - Arena.Cpus;

    /// <summary>Accesses since the reset.</summary>
    public long Steps { get; private set; }
    /// <summary>Hash of every step so far: CPU, step id, location, value.</summary>
    public ulong Digest { get; private set; }
    /// <summary>The first violation; the schedule ends there.</summary>
    public Violation? Violation => Judge.First;
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

    /// <summary>Pristine memory, an arena, a policy, and the programme's operations waiting at their first access.</summary>
    public void Reset(Arena arena, Policy policy, Programme? programme)
    {
        Clear(arena, policy, programme);
        Boot.Prepare(this);
        Driver.Reset();
        _touchedCount = 0;
    }

    /// <summary>Holes everywhere; whoever calls lays the memory.</summary>
    internal void Clear(Arena arena, Policy policy, Programme? programme)
    {
        // Only the CPUs that some schedule used since the last reset have anything to forget.
        for (int i = 0; i < _usedCpus; i++) Cpus[i].Reset();
        SetupCpu.Reset();
        Memory.Reset();
        Ghost.Reset();
        _usedCpus = 0;
        Begin(arena, policy, programme);
    }

    /// <summary>
    /// The next schedule on the memory that the last one left: words, free lists, per-CPU lists and the driver's lists stay as
    /// they are. The last schedule must have ended quiescent and torn down. Its processes have exited and nobody holds a pointer,
    /// so object numbers and generations begin anew.
    /// </summary>
    /// <param name="arena">of the same memory; CPUs and PMD order may be others</param>
    public void Continue(Arena arena, Policy policy, Programme? programme)
    {
        if (arena.SystemOrder != Arena.SystemOrder || arena.DeviceOrder != Arena.DeviceOrder)
            throw new ArgumentException("a memory that goes on keeps its size", nameof(arena));
        if (arena.SectionOrder != Arena.SectionOrder) throw new ArgumentException("a memory that goes on keeps its sections", nameof(arena));
        for (int i = 0; i < Arena.Cpus; i++) Cpus[i].Continue();
        SetupCpu.Continue();
        Memory.Age();
        Ghost.Continue();
        if (Memory[Cells.AnonVmaTree] != 0) Lay(Cells.AnonVmaTree, 0);
        Begin(arena, policy, programme);
    }

    /// <summary>Restoring a memory: the lengths of the per-CPU lists, CPU by CPU.</summary>
    internal void RestoreLists(ReadOnlySpan<byte> counts)
    {
        for (int i = 0; i < counts.Length; i++) Cpus[i / Geometry.PcpOrders].Handles.PcpCount[i % Geometry.PcpOrders] = counts[i];
        _usedCpus = Geometry.MaxCpus;
    }

    /// <summary>Restoring a memory: it has sections that can be taken away when there is the first.</summary>
    internal void RestoreSections()
    {
        if (Memory[Cells.SectionMap(0)] != 0) Arena = Arena with { SectionOrder = Arena.SystemOrder - Arena.SectionsOrder };
    }

    private void Begin(Arena arena, Policy policy, Programme? programme)
    {
        Arena = arena;
        Policy = policy;
        Programme = programme;
        Steps = 0;
        Digest = Pcg.Mix((ulong)arena.Cpus);
        _touchedCount = 0;
        _waiting = 0;
        _waitsForSections = _waitsForGrace = 0;
        RemovedPages = 0;
        Runnable = 0;
        _buffers = policy.MemoryModel == MemoryModel.Sc ? null : _builtBuffers ??= new StoreBuffers(this);
        _buffers?.Reset();
        Steppers = _buffers?.Steppers ?? Cpus;
        BeginEdits(Planted ?? PlantedEdits.Of(policy));
        LookForWatchers();
        SharedVmemmap = 0;
        _usedCpus = Math.Max(_usedCpus, arena.Cpus);
        Judge.Reset();
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
    public void Start(Cpu cpu, Op op)
    {
        cpu.Root = op.Frame;
        cpu.Finished = op.Frame is null;
        if (cpu.Finished) cpu.Pending = default;
        UpdateRunnable(cpu);
    }

    /// <summary>The chosen CPU does the access it named, and its code up to the next one.</summary>
    public void Step(Cpu cpu)
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
        _quietUntil = Violation is null && Runnable != 0 ? Steps + stepper.QuietSteps : -1;
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
                Cpu cpu = Steppers[next];
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
    internal bool GoesOn(Cpu cpu)
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

    /// <summary>What <see cref="Cpu.Release"/> and <see cref="Cpu.MayLoadEarly"/> tell.</summary>
    internal StoreBuffers? Buffers => _buffers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndStep(Cpu cpu)
    {
        if (_touchedCount != 0) Judge.AfterStep(cpu);
        AccessKind kind = cpu.Pending.Kind;
        // Most steps change nothing about who can run: whoever waits goes on waiting until somebody writes.
        if ((_waiting == 0 || !_wrote) && kind is not (AccessKind.None or AccessKind.Lock)) return;
        UpdateRunnable(cpu);
    }

    private static void Finish(Cpu cpu)
    {
        cpu.Finished = true;
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
        foreach (Cpu cpu in Cpus) cpu.Current = cpu.Root = null;
    }

    /// <summary>
    /// The run cannot be over yet: nothing is violated, somebody can step, and the stepper's <see cref="Stepper.QuietSteps"/> are not
    /// done. One comparison in place of a look at each; whoever ends quiet says so (<see cref="EndQuiet"/>).
    /// </summary>
    public bool IsQuiet => Steps <= _quietUntil;

    /// <summary>Something is violated, or nobody can step: whoever chooses has to look.</summary>
    internal void EndQuiet() => _quietUntil = _stayUntil = -1;

    private void UpdateRunnable(Cpu stepped)
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
            ref Access a = ref Cpus[i].Pending;
            if ((Memory[new Word(a.Location)] & a.A) == 0) runnable |= 1u << i;
            else runnable &= ~(1u << i);
        }
        _waiting = waiting;
        Runnable = runnable;
    }
}
