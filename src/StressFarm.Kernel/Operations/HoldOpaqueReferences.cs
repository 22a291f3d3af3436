namespace StressFarm.Kernel.Operations;

public sealed class HoldOpaqueReferences : Acquisition
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot);

    public override string Id => "opaque_references";
    public override string Summary => "2^31 - 2^16 references of a mapped page, held by something that is not modelled";
    public override Premises PremisesOf(OpCall call) => Premises.SetupOnly;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_mm, s_slot);

    public static OpCall Call(int handle, int mm, int slot) => new(Operation<HoldOpaqueReferences>.Instance, handle, mm, slot);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        Handle got = await OpaqueHolder.Take(cpu, call[s_mm], call[s_slot]);
        Keep(cpu, call, got);
    }
}
