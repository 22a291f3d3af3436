using System.Runtime.CompilerServices;

namespace StressFarm.Kernel.Machines;

/// <summary>
/// A CPU: what it runs, what it is about to do, what it holds between operations. Protocol code sees the shared memory only
/// through the awaitable methods here; each names one access, and code after the await is atomic with that access.
/// </summary>
public sealed partial class Cpu : StepCpu
{
    internal Cpu(KernelMachine machine, int number) : base(machine, number)
    {
        Machine = machine;
        Memory = machine.Memory;
        Cells = machine.Cells;
        Ghost = machine.Ghost;
        Handles = new Handles(number);
        _sections = new(LogKind.Section, number);
    }

    /// <summary>The kernel's view of a CPU that runs operations. Not checked: no other class of CPU does, and it is asked at every step.</summary>
    internal static Cpu Of(StepCpu cpu) => Unsafe.As<Cpu>(cpu);

    public KernelMachine Machine { get; }
    // The machine's. An operation asks for them each time: a local that lives across an await is a field of a frame, and a reference
    // there costs the collector's barrier.
    public MemMap Memory { get; }
    public Cells Cells { get; }
    public Ghost Ghost { get; }
    public Policy Policy => Machine.Policy;

    /// <summary>What this CPU's operations keep for its later operations.</summary>
    public Handles Handles { get; }
    /// <summary>IRQs are off: no TLB shootdown and no RCU grace period completes meanwhile (spec 2, preemption rule).</summary>
    public bool IrqsOff
    {
        get => (_sections.Value & 1) != 0;
        set
        {
            _sections.Value = (byte)(value ? _sections.Value | 1 : _sections.Value & ~1);
            if (!value) Machine.LeftSection(this);
        }
    }

    /// <summary>Inside rcu_read_lock(): no grace period completes meanwhile.</summary>
    public bool InRcu
    {
        get => (_sections.Value & 2) != 0;
        set
        {
            _sections.Value = (byte)(value ? _sections.Value | 2 : _sections.Value & ~2);
            if (!value) Machine.LeftSection(this);
        }
    }
    private LoggedValue<byte> _sections;

    public WordAccess<Accesses.Load> Load(Word w, Step step) { Name(AccessKind.Load, (ushort)step, w.Index); return new(this); }
    public HalfAccess<Accesses.Load32> Load(Half h, Step step) { Name(AccessKind.Load32, (ushort)step, h.Index); return new(this); }
    public VoidAccess<Accesses.Store> Store(Word w, ulong value, Step step) { Name(AccessKind.Store, (ushort)step, w.Index, value); return new(this); }
    public VoidAccess<Accesses.Store32> Store(Half h, uint value, Step step) { Name(AccessKind.Store32, (ushort)step, h.Index, value); return new(this); }
    /// <summary>Atomic add; the new value.</summary>
    public HalfAccess<Accesses.Add32> Add(Half h, int delta, Step step) { Name(AccessKind.Add32, (ushort)step, h.Index, (uint)delta); return new(this); }
    /// <summary>Atomic add; the new value.</summary>
    public WordAccess<Accesses.Add> Add(Word w, long delta, Step step) { Name(AccessKind.Add, (ushort)step, w.Index, (ulong)delta); return new(this); }
    /// <summary>atomic_add_unless(…, 0): the old value; 0 means nothing was added.</summary>
    public HalfAccess<Accesses.AddUnlessZero32> AddUnlessZero(Half h, int delta, Step step) { Name(AccessKind.AddUnlessZero32, (ushort)step, h.Index, (uint)delta); return new(this); }
    public FlagAccess<Accesses.CmpXchg32> CmpXchg(Half h, uint expected, uint value, Step step) { Name(AccessKind.CmpXchg32, (ushort)step, h.Index, expected, value); return new(this); }
    /// <summary>set_bit(s); the old word.</summary>
    public WordAccess<Accesses.Or> Or(Word w, ulong bits, Step step) { Name(AccessKind.Or, (ushort)step, w.Index, bits); return new(this); }
    /// <summary>clear_bit(s); the old word.</summary>
    public WordAccess<Accesses.AndNot> AndNot(Word w, ulong bits, Step step) { Name(AccessKind.AndNot, (ushort)step, w.Index, bits); return new(this); }
    /// <summary>Waits until the bits are clear, then sets them.</summary>
    public VoidAccess<Accesses.Lock> Lock(Word w, Step step, ulong bits = 1) { Name(AccessKind.Lock, (ushort)step, w.Index, bits); return new(this); }
    public FlagAccess<Accesses.TryLock> TryLock(Word w, Step step, ulong bits = 1) { Name(AccessKind.TryLock, (ushort)step, w.Index, bits); return new(this); }
    public VoidAccess<Accesses.Unlock> Unlock(Word w, Step step, ulong bits = 1) { Name(AccessKind.Unlock, (ushort)step, w.Index, bits); return new(this); }
    public VoidAccess<Accesses.Nothing> Fence(FenceKind kind, Step step) { Name(AccessKind.Fence, (ushort)step, StepMachine.NoWord, (ulong)kind); return new(this); }
    /// <summary>One step for a run of accesses starting at <paramref name="first"/>; follow it with raw stores.</summary>
    public VoidAccess<Accesses.Nothing> Burst(Word first, Step step) { Name(AccessKind.Burst, (ushort)step, first.Index); return new(this); }
    public VoidAccess<Accesses.Nothing> Yield(Step step) { Name(AccessKind.Yield, (ushort)step, StepMachine.NoWord); return new(this); }

    /// <summary>Not a step: the store that follows is a release (smp_store_release(), atomic_set_release()).</summary>
    public void Release() => Engine.Buffers?.Release(this);

    /// <summary>
    /// Not a step: the CPU knows this address from here on and nothing orders its later load of the word behind other loads, so
    /// MM=WEAK may satisfy it early. To be said only where the kernel's C code has neither barrier, lock nor address dependency.
    /// </summary>
    public void MayLoadEarly(Word w) => Engine.Buffers?.Want(this, w);

    /// <summary>Reads without a scheduling point: what a `!` check does (spec 2), and what follows a burst.</summary>
    public ulong Peek(Word w) => Memory[w];
    public uint Peek(Half h) => Memory[h];

    /// <summary>Writes as part of the burst step just taken.</summary>
    public void Poke(Word w, ulong value) => Machine.StoreRaw(this, w, value);
    public void Poke(Half h, uint value) => Machine.StoreRaw(this, h, value);

    /// <summary>First of the pages that the operation under way has given to the driver, and how many: I46 watches reads of them.</summary>
    internal int GivenAway { get; private set; }
    internal int GivenAwayPages => Watched;

    internal void GiveAway(int pfn, int pages)
    {
        GivenAway = pfn;
        Watched = pages;
    }

    internal void Reset()
    {
        Handles.Clear();
        Continue();
    }

    /// <summary>As <see cref="Reset"/>, but for what belongs to the memory: the lengths of the per-CPU lists.</summary>
    internal override void Continue()
    {
        base.Continue();
        Handles.Continue();
        _sections.Reset();
    }
}
