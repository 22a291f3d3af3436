namespace StressFarm.Kernel.Operations;

public sealed class DriverFree : Release
{
    public override string Id => "driver_free_pages";
    public override string Summary => "a driver frees its memory, which user mappings may outlive";

    protected override bool Fits(Cpu cpu, in Handle handle) => handle.Kind == HandleKind.DriverPages;
    protected override Op GiveBack(Cpu cpu, Handle handle, OpCall call) => DriverMemory.Free(cpu, handle);
}
