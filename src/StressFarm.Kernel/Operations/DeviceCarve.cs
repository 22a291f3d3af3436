namespace StressFarm.Kernel.Operations;

/// <summary>Set-up. A: order of the large folios, B: how many; only ALLOCATOR=LIFO carves beforehand.</summary>
public sealed class DeviceCarve : Operation
{
    public override string Id => "driver_devmem_init";
    public override string Summary => "carves device memory into the driver's lists";
    public override Op Run(Cpu cpu, OpCall call) => DeviceAllocation.Carve(cpu, call.A, call.B);
}
