namespace StressFarm.Kernel.Operations;

/// <summary>A: producer (<see cref="DriverProducer"/>), B: order, C: handle.</summary>
public sealed class DriverAllocate : Operation
{
    public override string Id => "driver_alloc_pages";
    public override string Summary => "a driver allocates memory that it will map to user space";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Handles[call.C].Kind != HandleKind.None) return;
        Handle handle = await DriverMemory.Allocate(cpu, (DriverProducer)call.A, call.B);
        cpu.Handles[call.C] = handle;
    }
}
