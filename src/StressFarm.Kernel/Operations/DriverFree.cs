namespace StressFarm.Kernel.Operations;

/// <summary>A: handle of driver memory.</summary>
public sealed class DriverFree : Operation
{
    public override string Id => "driver_free_pages";
    public override string Summary => "a driver frees its memory, which user mappings may outlive";

    public override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        if (handle.Kind != HandleKind.DriverPages) return default;
        cpu.Handles[call.A] = default;
        return DriverMemory.Free(cpu, handle);
    }
}
