namespace StressFarm.Engine;

/// <summary>The kinds of shared access One step is one of these.</summary>
public enum AccessKind : byte
{
    None,
    /// <summary>Plain 64-bit read.</summary>
    Load,
    /// <summary>Plain 64-bit write.</summary>
    Store,
    Load32,
    Store32,
    /// <summary>Atomic add to a 4-byte half; the result is the new value.</summary>
    Add32,
    /// <summary>atomic_add_unless(half, n, 0): the result is the old value, 0 meaning it failed.</summary>
    AddUnlessZero32,
    /// <summary>Atomic compare and exchange of a half; the result is 1 when it happened.</summary>
    CmpXchg32,
    /// <summary>Atomic 64-bit add; the result is the new value.</summary>
    Add,
    /// <summary>set_bit: atomic or; the result is the old value.</summary>
    Or,
    /// <summary>clear_bit: atomic and-not; the result is the old value.</summary>
    AndNot,
    /// <summary>Takes the lock whose bits are A, waiting while any is set: the CPU is not runnable until they are clear.</summary>
    Lock,
    /// <summary>As <see cref="Lock"/> without waiting; the result is 1 when it was taken.</summary>
    TryLock,
    Unlock,
    /// <summary>Memory barrier; A says which. No effect under sequential consistency.</summary>
    Fence,
    /// <summary>A run of accesses taken as one step; the writes follow as raw stores.</summary>
    Burst,
    /// <summary>The CPU does nothing that is shared.</summary>
    Yield,
}

/// <summary>Memory barriers, as the kernel names them.</summary>
public enum FenceKind : byte { Rmb, Wmb, Mb }

/// <summary>One shared access, named before it happens.</summary>
public struct Access
{
    public AccessKind Kind;
    /// <summary>Number of the step.</summary>
    public ushort StepNumber;
    /// <summary>Word index, or half index for the 32-bit kinds.</summary>
    public int Location;
    public ulong A;
    public ulong B;

    private const uint Halves = (1 << (int)AccessKind.CmpXchg32 + 1) - (1 << (int)AccessKind.Load32);
    private const uint Readers = 1 << (int)AccessKind.None | 1 << (int)AccessKind.Load | 1 << (int)AccessKind.Load32 | 1 << (int)AccessKind.Fence | 1 << (int)AccessKind.Yield;

    public readonly bool IsHalf => (Halves >> (int)Kind & 1) != 0;
    // Without a branch: it would be guessed at, at every step.
    public readonly int WordIndex => Location >> (int)(Halves >> (int)Kind & 1);
    public readonly bool Writes => (Readers >> (int)Kind & 1) == 0;
}

// The awaiters. The access happens in GetResult(), that is, when the CPU has been chosen and its operation goes on; each kind
// of access is a type of its own, so that what happens is known where it is awaited and no switch has to be guessed at.

/// <summary>Awaits a 64-bit result.</summary>
public readonly struct WordAccess<TKind>(StepCpu cpu) : IOpAwaiter where TKind : struct, IAccessKind
{
    private readonly StepCpu _cpu = cpu;
    internal StepCpu Cpu => _cpu;
    public WordAccess<TKind> GetAwaiter() => this;
    public bool IsCompleted => _cpu.Engine.GoesOn(_cpu);
    public ulong GetResult() => _cpu.Engine.Perform<TKind>(_cpu);
    public void Suspend(Frame frame) => _cpu.SuspendIn(frame);
    public FramePool Pool => _cpu.Engine.Frames;
    public void OnCompleted(Action continuation) => throw new NotSupportedException();
    public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
}

/// <summary>Awaits a 32-bit result.</summary>
public readonly struct HalfAccess<TKind>(StepCpu cpu) : IOpAwaiter where TKind : struct, IAccessKind
{
    private readonly StepCpu _cpu = cpu;
    public HalfAccess<TKind> GetAwaiter() => this;
    public bool IsCompleted => _cpu.Engine.GoesOn(_cpu);
    public uint GetResult() => (uint)_cpu.Engine.Perform<TKind>(_cpu);
    public void Suspend(Frame frame) => _cpu.SuspendIn(frame);
    public FramePool Pool => _cpu.Engine.Frames;
    public void OnCompleted(Action continuation) => throw new NotSupportedException();
    public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
}

/// <summary>Awaits whether it happened.</summary>
public readonly struct FlagAccess<TKind>(StepCpu cpu) : IOpAwaiter where TKind : struct, IAccessKind
{
    private readonly StepCpu _cpu = cpu;
    public FlagAccess<TKind> GetAwaiter() => this;
    public bool IsCompleted => _cpu.Engine.GoesOn(_cpu);
    public bool GetResult() => _cpu.Engine.Perform<TKind>(_cpu) != 0;
    public void Suspend(Frame frame) => _cpu.SuspendIn(frame);
    public FramePool Pool => _cpu.Engine.Frames;
    public void OnCompleted(Action continuation) => throw new NotSupportedException();
    public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
}

/// <summary>Awaits an access without a result.</summary>
public readonly struct VoidAccess<TKind>(StepCpu cpu) : IOpAwaiter where TKind : struct, IAccessKind
{
    private readonly StepCpu _cpu = cpu;
    public VoidAccess<TKind> GetAwaiter() => this;
    public bool IsCompleted => _cpu.Engine.GoesOn(_cpu);
    public void GetResult() => _cpu.Engine.Perform<TKind>(_cpu);
    public void Suspend(Frame frame) => _cpu.SuspendIn(frame);
    public FramePool Pool => _cpu.Engine.Frames;
    public void OnCompleted(Action continuation) => throw new NotSupportedException();
    public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
}
