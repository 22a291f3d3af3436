namespace StressFarm.Kernel.Operations;

/// <summary>
/// A kernel entry point as a programme calls it: a system call, a fault, a driver's or walker's call. Add one by adding a
/// file; its Id is in the kernel's words. An operation whose premises do not hold (an empty handle, an unmapped slot) does nothing.
/// </summary>
public abstract class Operation : EntryPoint
{
    public abstract string Summary { get; }
    public abstract Op Run(Cpu cpu, OpCall call);
}

/// <summary>An operation's one instance, found by its type.</summary>
public static class Operation<T> where T : Operation, new()
{
    public static T Instance { get; } = (T)Catalog<Operation>.All.Single(o => o is T);
}
