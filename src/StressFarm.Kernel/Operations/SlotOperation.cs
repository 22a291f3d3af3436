namespace StressFarm.Kernel.Operations;

/// <summary>An operation on what one slot of an mm maps, or does not yet.</summary>
public abstract class SlotOperation : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot);

    public sealed override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot);

    public static OpCall Call<T>(int mm, int slot) where T : SlotOperation, new() => new(Operation<T>.Instance, mm, slot);

    public sealed override Op Run(Cpu cpu, OpCall call) => Run(cpu, call[s_mm], call[s_slot]);
    protected abstract Op Run(Cpu cpu, int mm, int slot);
}
