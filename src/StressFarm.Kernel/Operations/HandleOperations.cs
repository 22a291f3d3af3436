namespace StressFarm.Kernel.Operations;

/// <summary>An operation that takes something into a handle of the CPU, if that is empty.</summary>
public abstract class Acquisition : Operation
{
    protected static readonly Parameter Into = new(Domain.Handle, meaning: "takes what is got, if it is empty", fills: true);

    public sealed override Op Run(Cpu cpu, OpCall call) => cpu.Handles[call[Into]].Kind == HandleKind.None ? Take(cpu, call) : default;

    /// <summary>Takes it, and keeps what it got (<see cref="Keep"/>).</summary>
    protected abstract Op Take(Cpu cpu, OpCall call);

    /// <summary>What goes into the handle; nothing when it could not be had.</summary>
    protected static void Keep(Cpu cpu, OpCall call, Handle taken) => cpu.Handles[call[Into]] = taken;

    /// <summary>A handle of what lies at a page; an empty one for -1.</summary>
    protected static Handle HandleOf(Cpu cpu, HandleKind kind, int pfn, int order = 0) =>
        pfn < 0 ? default : new Handle { Kind = kind, Pfn = pfn, Life = cpu.Ghost.LifeOf(pfn), Order = order, Count = 1 };
}

/// <summary>An operation that empties a handle of the CPU and gives back what it stood for.</summary>
public abstract class Release : Operation
{
    protected static readonly Parameter From = new(Domain.Handle, meaning: "is emptied");

    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(From);

    public static OpCall Call<T>(int handle) where T : Release, new() => new(Operation<T>.Instance, handle);

    public sealed override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call[From]];
        if (!Fits(cpu, handle)) return default;
        cpu.Handles[call[From]] = default;
        return GiveBack(cpu, handle, call);
    }

    /// <summary>It is a handle of what this gives back.</summary>
    protected abstract bool Fits(Cpu cpu, in Handle handle);
    protected abstract Op GiveBack(Cpu cpu, Handle handle, OpCall call);
}
