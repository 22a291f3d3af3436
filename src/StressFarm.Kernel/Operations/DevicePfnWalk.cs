namespace StressFarm.Kernel.Operations;

/// <summary>A: first page of the device arena, B: how many; C: handle slot + 1 that keeps the first reference, 0 for none.</summary>
public sealed class DevicePfnWalk : Operation
{
    public override string Id => "driver pfn walk";
    public override string Summary => "a driver looks up its device pfns and takes references";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int pages = cpu.Machine.Arena.DevicePages;
        for (int i = call.A; i < Math.Min(call.A + call.B, pages); i++)
            await DeviceWalk.Visit(cpu, cpu.Machine.Geometry.DeviceBase + i, call.C - 1);
    }
}
