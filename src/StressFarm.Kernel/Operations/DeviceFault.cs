namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: slot, C: 1 when the driver offers single pages.</summary>
public sealed class DeviceFault : Operation
{
    public override string Id => "do_swap_page (device private)";
    public override string Summary => "a CPU touches device-private memory: it migrates back";
    public override Op Run(Cpu cpu, OpCall call) => DeviceMigration.Fault(cpu, call.A, call.B, call.C == 1);
}
