namespace StressFarm.Simulation;

/// <summary>A: mm, B: slot.</summary>
public sealed class DeviceFault : Operation
{
    public override string Id => "do_swap_page (device private)";
    public override string Summary => "a CPU touches device-private memory: it migrates back";
    public override Op Run(Cpu cpu, OpCall call) => DeviceMigration.Fault(cpu, call.A, call.B);
}
