namespace StressFarm.Kernel.Operations;

public sealed class DriverAllocate : Acquisition
{
    private static readonly Parameter s_producer = new(new ChoiceDomain<DriverProducer>("producer")), s_order = new(Domain.Order);

    public override string Id => "driver_alloc_pages";
    public override string Summary => "a driver allocates memory that it will map to user space";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_producer, s_order);

    public static OpCall Call(int handle, DriverProducer producer, int order = 0) => new(Operation<DriverAllocate>.Instance, handle, (int)producer, order);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        Handle got = await DriverMemory.Allocate(cpu, (DriverProducer)call[s_producer], call[s_order]);
        Keep(cpu, call, got);
    }
}
