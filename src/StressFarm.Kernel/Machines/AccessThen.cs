namespace StressFarm.Kernel.Machines;

/// <summary>Local code of an operation that follows an access and is atomic with it.</summary>
/// <typeparam name="TResult">what the whole comes to</typeparam>
public interface IThen<TResult>
{
    /// <param name="result">the access's: see <see cref="AccessKind"/></param>
    TResult Do(Cpu cpu, ulong result);
}

/// <summary>
/// Awaits an access and then does what follows it: a function of the kernel that is one access needs no frame of its own. To be
/// returned where the access was named, and awaited at once.
/// </summary>
/// <param name="cpu">the CPU that named the access</param>
public readonly struct AccessThen<TKind, TThen, TResult>(Cpu cpu, TThen then) : IOpAwaiter
    where TKind : struct, IAccessKind where TThen : struct, IThen<TResult>
{
    private readonly Cpu _cpu = cpu;
    private readonly TThen _then = then;
    public AccessThen<TKind, TThen, TResult> GetAwaiter() => this;
    public bool IsCompleted => _cpu.Engine.GoesOn(_cpu);
    public TResult GetResult() => _then.Do(_cpu, _cpu.Engine.Perform<TKind>(_cpu));
    /// <summary>An operation of that one access, for whoever takes any operation.</summary>
    public static implicit operator Op(AccessThen<TKind, TThen, TResult> access) => access.Alone();
    public static implicit operator Op<TResult>(AccessThen<TKind, TThen, TResult> access) => access.AloneWithResult();
    private async Op Alone() => await this;
    private async Op<TResult> AloneWithResult() => await this;
    public void Suspend(Frame frame) => _cpu.SuspendIn(frame);
    public FramePool Pool => _cpu.Engine.Frames;
    public void OnCompleted(Action continuation) => throw new NotSupportedException();
    public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
}

/// <summary>As <see cref="AccessThen{TKind, TThen, TResult}"/>, or an operation in its place where a policy makes more of it than one access.</summary>
public readonly struct AccessOrOp<TKind, TThen, TResult> : IOpAwaiter
    where TKind : struct, IAccessKind where TThen : struct, IThen<TResult>
{
    private readonly Cpu? _cpu;
    private readonly TThen _then;
    private readonly Op<TResult>.Awaiter _op;

    /// <param name="cpu">the CPU that named the access</param>
    public AccessOrOp(Cpu cpu, TThen then)
    {
        _cpu = cpu;
        _then = then;
    }

    public AccessOrOp(Op<TResult> op) => _op = op.GetAwaiter();

    public AccessOrOp<TKind, TThen, TResult> GetAwaiter() => this;
    public bool IsCompleted => _cpu is null ? _op.IsCompleted : _cpu.Engine.GoesOn(_cpu);
    public TResult GetResult() => _cpu is null ? _op.GetResult() : _then.Do(_cpu, _cpu.Engine.Perform<TKind>(_cpu));
    public static implicit operator Op<TResult>(AccessOrOp<TKind, TThen, TResult> access) => access.AloneWithResult();
    private async Op<TResult> AloneWithResult() => await this;

    public void Suspend(Frame frame)
    {
        if (_cpu is null) _op.Suspend(frame);
        else _cpu.SuspendIn(frame);
    }

    public FramePool Pool => _cpu is null ? _op.Pool : _cpu.Engine.Frames;
    public void OnCompleted(Action continuation) => throw new NotSupportedException();
    public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
}
