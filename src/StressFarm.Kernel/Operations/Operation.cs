namespace StressFarm.Kernel.Operations;

/// <summary>
/// A kernel entry point as a programme calls it: a system call, a fault, a driver's or walker's call. Add one by adding a
/// file; its Id is in the kernel's words. An operation whose premises do not hold (an empty handle, an unmapped slot) does nothing.
/// </summary>
public abstract class Operation : EntryPoint
{
    public abstract string Summary { get; }
    /// <summary>The arguments of a call, in their order; all that <see cref="Run"/> reads.</summary>
    public virtual IReadOnlyList<Parameter> Parameters => [];
    public abstract Op Run(Cpu cpu, OpCall call);

    /// <summary>What a call takes for granted, and a programme has to keep to.</summary>
    public virtual Premises PremisesOf(OpCall call) => Premises.None;

    /// <summary>The handle that a call wants is the set-up CPU's.</summary>
    public virtual bool WantsSetupHandle(OpCall call) => false;

    /// <summary>As many of the slots from one on as the mm has.</summary>
    protected static int CutToMm(Cpu cpu, int slot, int count) => Math.Min(count, Domain.SlotsOf(cpu.Machine.Arena) - slot);

    /// <summary>For <see cref="Parameters"/>: gives each its place.</summary>
    protected static IReadOnlyList<Parameter> Takes(params Parameter[] parameters)
    {
        if (parameters.Length > OpCall.Capacity) throw new InvalidOperationException($"{parameters.Length} parameters: a call has {OpCall.Capacity} arguments at most");
        for (int i = 0; i < parameters.Length; i++) parameters[i].Place(i);
        return parameters;
    }
}

/// <summary>An operation's one instance, found by its type.</summary>
public static class Operation<T> where T : Operation, new()
{
    public static T Instance { get; } = (T)Catalog<Operation>.All.Single(o => o is T);
}
