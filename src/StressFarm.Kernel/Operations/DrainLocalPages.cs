namespace StressFarm.Kernel.Operations;

public sealed class DrainLocalPages : Operation
{
    public override string Id => "drain_local_pages";
    public override string Summary => "gives the free pages of the CPU's own lists to the zone";

    public static OpCall Call() => new(Operation<DrainLocalPages>.Instance);

    public override Op Run(Cpu cpu, OpCall call) => BuddyAllocator.DrainPcp(cpu, cpu.Number);
}
