namespace StressFarm.Kernel.Operations;

/// <summary>Set-up. Only ALLOCATOR=LIFO carves beforehand.</summary>
public sealed class DeviceCarve : Operation
{
    private static readonly Parameter s_order = new(Domain.DeviceOrder, "order", "of the large folios"),
        s_count = new(new NumberDomain("device folios", "0 to the pages of device memory", arena => new(0, arena.DevicePages)), "count", "large folios");

    public override string Id => "driver_devmem_init";
    public override string Summary => "carves device memory into the driver's lists";
    public override Premises PremisesOf(OpCall call) => Premises.SetupOnly | Premises.Device;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_order, s_count);

    public static OpCall Call(int order, int count) => new(Operation<DeviceCarve>.Instance, order, count);

    public override Op Run(Cpu cpu, OpCall call) => DeviceAllocation.Carve(cpu, call[s_order], call[s_count]);
}
