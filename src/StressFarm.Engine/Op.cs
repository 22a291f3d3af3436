using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace StressFarm.Engine;

// Why a task type of our own.
//
// An operation of the model is an `async` method that reads like the kernel function it stands for. Every `await cpu.…`
// names one shared access; the method is then suspended, so that the scheduler can look at what each CPU is about to do
// before it lets one of them do it. When the CPU is chosen, the access happens and the code up to the next await runs: that
// local code is atomic with the access before it, and only with that one.
//
// The compiler does the hard part (turning the method into a state machine). What it must not do is allocate: a run takes
// tens of millions of steps a second. So the builder keeps the boxes of suspended methods in the machine's pool, one
// stack per method, and a finished or abandoned method gives its box back. Which box is used has no influence on what is computed.
// A method that is never suspended, because its CPU was chosen again each time, needs no box at all.
//
// An operation awaits accesses and other operations, nothing else: `IOpAwaiter` is demanded of every awaiter, so that a
// stray Task, and with it a thread switch, does not compile.

/// <summary>What an operation may await.</summary>
public interface IOpAwaiter : ICriticalNotifyCompletion
{
    /// <summary>Called when the awaiting method has been suspended in <paramref name="frame"/>.</summary>
    void Suspend(Frame frame);
    /// <summary>Where the awaiting method's box comes from: its machine's pool.</summary>
    FramePool Pool { get; }
}

/// <summary>The boxes of one machine that are free: a stack per method.</summary>
public sealed partial class FramePool
{
    private static int s_stacks;
    private FrameStack[] _free = [];

    /// <summary>What becomes of suspended methods, for a search that leads a machine back; null otherwise.</summary>
    internal FrameLog? Log { get; set; }

    /// <summary>A number for a method's stack.</summary>
    internal static int NewStack() => Interlocked.Increment(ref s_stacks) - 1;

    internal FrameStack this[int stack]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            FrameStack[] free = _free;
            return (uint)stack < (uint)free.Length ? free[stack] : Grow(stack);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FrameStack Grow(int stack)
    {
        int known = _free.Length;
        Array.Resize(ref _free, Math.Max(stack + 1, Math.Max(64, known * 2)));
        for (int i = known; i < _free.Length; i++) _free[i] = new FrameStack();
        return _free[stack];
    }
}

/// <summary>Free boxes of one method.</summary>
internal sealed partial class FrameStack
{
    private Slot[] _slots = new Slot[8];
    private int _count;

    // A struct, so that storing does not check the array's type.
    private struct Slot
    {
        public Frame Frame;
    }

    /// <summary>The box freed last, or null. It stays in its slot, where it will mostly be put back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Frame? Pop() => _count == 0 ? null : _slots[--_count].Frame;

    public void Push(Frame frame)
    {
        if (_count == _slots.Length) Array.Resize(ref _slots, _count * 2);
        ref Slot slot = ref _slots[_count++];
        if (!ReferenceEquals(slot.Frame, frame)) slot.Frame = frame;
    }
}

/// <summary>A suspended method: a link in a CPU's call chain.</summary>
public abstract partial class Frame
{
    private protected Frame(FramePool pool, FrameStack home) => (Pool, Home) = (pool, home);

    internal FramePool Pool { get; }
    /// <summary>Where it goes when nobody has it.</summary>
    internal FrameStack Home { get; }
    internal Frame? Parent;
    internal bool Done;

    internal abstract void MoveNext();
    /// <summary>Forgets what it holds and goes back to the pool of its method.</summary>
    internal abstract void Recycle();
}

/// <summary>A suspended method with a result.</summary>
public abstract class Frame<T> : Frame
{
    private protected Frame(FramePool pool, FrameStack home) : base(pool, home) { }

    internal T Result = default!;

    internal void Complete(T result)
    {
        Result = result;
        Done = true;
        Parent?.MoveNext();
    }
}

internal sealed partial class Box<TStateMachine, T> : Frame<T> where TStateMachine : IAsyncStateMachine
{
    private static readonly int s_stack = FramePool.NewStack();

    public TStateMachine StateMachine = default!;
    private Box(FramePool pool, FrameStack home) : base(pool, home) { }

    /// <summary>A method is suspended for the first time: its state moves into a box. Once a call, so kept out of the code of an await.</summary>
    /// <param name="frame">the method's builder's, a part of <paramref name="machine"/></param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Frame<T> Take(FramePool pool, ref Frame<T>? frame, ref TStateMachine machine)
    {
        FrameStack free = pool[s_stack];
        Frame? last = StepLog.IsKept && pool.Log is { } log ? log.Pop(free) : free.Pop();
        Box<TStateMachine, T> box = last is not null ? Unsafe.As<Box<TStateMachine, T>>(last) : new(pool, free);
        if (StepLog.IsKept) pool.Log?.Taken(box, isNew: last is null);
        frame = box; // before the copy: the builder inside the copy must know its frame
        box.StateMachine = machine;
        return box;
    }

    internal override void MoveNext()
    {
        if (StepLog.IsKept) Pool.Log?.Moves(this);
        StateMachine.MoveNext();
    }

    internal override void Recycle()
    {
        // State machine and result stay: they are overwritten when the box is rented, and hold on to nothing that does
        // not live as long as the machine.
        Parent = null;
        Done = false;
        if (StepLog.IsKept && Pool.Log is { } log) log.Recycled(this);
        else Home.Push(this);
    }
}

/// <summary>An operation of the model, without a result.</summary>
[AsyncMethodBuilder(typeof(OpMethodBuilder))]
public readonly struct Op
{
    internal Op(Frame<Unit>? frame) => Frame = frame;
    internal Frame<Unit>? Frame { get; }
    public Awaiter GetAwaiter() => new(Frame);

    public readonly struct Awaiter(Frame<Unit>? frame) : IOpAwaiter
    {
        private readonly Frame<Unit>? _frame = frame;
        public bool IsCompleted => _frame is null || _frame.Done;
        public void GetResult() => _frame?.Recycle();
        public void Suspend(Frame parent) => _frame!.Parent = parent;
        public FramePool Pool => _frame!.Pool;
        public void OnCompleted(Action continuation) => throw new NotSupportedException();
        public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
    }
}

/// <summary>An operation of the model with a result.</summary>
[AsyncMethodBuilder(typeof(OpMethodBuilder<>))]
public readonly struct Op<T>
{
    private readonly T _result;
    /// <summary>One that is over without a step.</summary>
    public Op(T result) => _result = result;
    internal Op(Frame<T> frame) { Frame = frame; _result = default!; }
    internal Frame<T>? Frame { get; }
    public Awaiter GetAwaiter() => new(Frame, _result);

    public readonly struct Awaiter(Frame<T>? frame, T result) : IOpAwaiter
    {
        private readonly Frame<T>? _frame = frame;
        private readonly T _result = result;
        public bool IsCompleted => _frame is null || _frame.Done;

        public T GetResult()
        {
            if (_frame is null) return _result;
            T result = _frame.Result;
            _frame.Recycle();
            return result;
        }

        public void Suspend(Frame parent) => _frame!.Parent = parent;
        public FramePool Pool => _frame!.Pool;
        public void OnCompleted(Action continuation) => throw new NotSupportedException();
        public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
    }
}

/// <summary>The result of an operation that has none.</summary>
public readonly struct Unit;

/// <summary>Compiler's helper for <see cref="Op"/>; not for direct use.</summary>
public struct OpMethodBuilder
{
    private Frame<Unit>? _frame;

    public static OpMethodBuilder Create() => default;
    public readonly Op Task => new(_frame);
    public readonly void Start<TStateMachine>(ref TStateMachine machine) where TStateMachine : IAsyncStateMachine => machine.MoveNext();
    public readonly void SetStateMachine(IAsyncStateMachine machine) { }
    public readonly void SetResult() => _frame?.Complete(default);
    /// <summary>An exception is a defect of the model, never control flow: it goes straight up to the runner.</summary>
    public readonly void SetException(Exception exception) => ExceptionDispatchInfo.Throw(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine machine)
        where TAwaiter : IOpAwaiter where TStateMachine : IAsyncStateMachine => AwaitUnsafeOnCompleted(ref awaiter, ref machine);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine machine)
        where TAwaiter : IOpAwaiter where TStateMachine : IAsyncStateMachine
    {
        Frame<Unit> frame = _frame ?? Box<TStateMachine, Unit>.Take(awaiter.Pool, ref _frame, ref machine);
        awaiter.Suspend(frame);
    }
}

/// <summary>Compiler's helper for <see cref="Op{T}"/>; not for direct use.</summary>
public struct OpMethodBuilder<T>
{
    private Frame<T>? _frame;
    private T _result;

    public static OpMethodBuilder<T> Create() => default;
    public readonly Op<T> Task => _frame is null ? new(_result) : new(_frame);
    public readonly void Start<TStateMachine>(ref TStateMachine machine) where TStateMachine : IAsyncStateMachine => machine.MoveNext();
    public readonly void SetStateMachine(IAsyncStateMachine machine) { }

    public void SetResult(T result)
    {
        if (_frame is null) _result = result;
        else _frame.Complete(result);
    }

    public readonly void SetException(Exception exception) => ExceptionDispatchInfo.Throw(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine machine)
        where TAwaiter : IOpAwaiter where TStateMachine : IAsyncStateMachine => AwaitUnsafeOnCompleted(ref awaiter, ref machine);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine machine)
        where TAwaiter : IOpAwaiter where TStateMachine : IAsyncStateMachine
    {
        Frame<T> frame = _frame ?? Box<TStateMachine, T>.Take(awaiter.Pool, ref _frame, ref machine);
        awaiter.Suspend(frame);
    }
}
