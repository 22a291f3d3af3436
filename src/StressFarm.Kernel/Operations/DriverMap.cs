namespace StressFarm.Kernel.Operations;

/// <summary>
/// A: mm, B: slot, C: handle of driver memory, D: pages to map * 256 + the first of them. Handles from
/// <see cref="SetupHandle"/> on are the set-up CPU's, which live until the teardown, so that every CPU can map them.
/// </summary>
public sealed class DriverMap : Operation
{
    public const int SetupHandle = Handles.Capacity;

    public override string Id => "driver_mmap";
    public override string Summary => "a driver maps its pages into user page tables: vm_insert_page(s) or ->fault";

    public override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = call.C < SetupHandle ? cpu.Handles[call.C] : cpu.Machine.SetupCpu.Handles[call.C - SetupHandle];
        return handle.Kind == HandleKind.DriverPages
            ? DriverMemory.MapPages(cpu, handle, call.A, call.B, call.D & 0xff, call.D >> 8)
            : default;
    }
}
