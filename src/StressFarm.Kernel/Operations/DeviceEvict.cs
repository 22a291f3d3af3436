namespace StressFarm.Kernel.Operations;

/// <summary>A: first page of the device arena, B: how many, C: 1 when the driver offers single pages.</summary>
public sealed class DeviceEvict : Operation
{
    public override string Id => "migrate_device_range";
    public override string Summary => "a driver evicts a range of device pfns";

    public override Op Run(Cpu cpu, OpCall call)
    {
        int pages = cpu.Machine.Arena.DevicePages;
        if (call.A >= pages || call.B <= 0) return default;
        return DeviceEviction.Run(cpu, cpu.Machine.Geometry.DeviceBase + call.A, Math.Min(call.B, pages - call.A), call.C == 1);
    }
}
