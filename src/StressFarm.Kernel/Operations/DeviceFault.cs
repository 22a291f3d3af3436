namespace StressFarm.Kernel.Operations;

public sealed class DeviceFault : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot), s_single = new(Domain.Flag, "single", "the driver offers single pages");

    public override string Id => "do_swap_page (device private)";
    public override string Summary => "a CPU touches device-private memory: it migrates back";
    public override Premises PremisesOf(OpCall call) => Premises.DevicePrivate | Premises.Unlocked;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_single);

    public static OpCall Call(int mm, int slot, bool single = false) => new(Operation<DeviceFault>.Instance, mm, slot, single ? 1 : 0);

    public override Op Run(Cpu cpu, OpCall call) => DeviceMigration.Fault(cpu, call[s_mm], call[s_slot], call.Is(s_single));
}
