namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: slot, C: handle.</summary>
public sealed class HoldOpaqueReferences : Operation
{
    public override string Id => "opaque_references";
    public override string Summary => "2^31 - 2^16 references of a mapped page, held by something that is not modelled";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Handles[call.C].Kind != HandleKind.None) return;
        Handle handle = await OpaqueHolder.Take(cpu, call.A, call.B);
        cpu.Handles[call.C] = handle;
    }
}
