namespace StressFarm.Kernel.Operations;

public sealed class DeviceEvict : Operation
{
    private static readonly Parameter s_page = new(Domain.DevicePage, "page", "the first of them"), s_count = new(Domain.DevicePages, "count", "how many", usual: 1),
        s_single = new(Domain.Flag, "single", "the driver offers single pages");

    public override string Id => "migrate_device_range";
    public override string Summary => "a driver evicts a range of device pfns";
    public override Premises PremisesOf(OpCall call) => Premises.DevicePrivate | Premises.Unlocked | Premises.Pfns;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_page, s_count, s_single);

    public static OpCall Call(int page, int count = 1, bool single = false) => new(Operation<DeviceEvict>.Instance, page, count, single ? 1 : 0);

    public override Op Run(Cpu cpu, OpCall call)
    {
        int pages = cpu.Machine.Arena.DevicePages, page = call[s_page], count = call[s_count];
        if (page >= pages || count <= 0) return default;
        return DeviceEviction.Run(cpu, cpu.Machine.Geometry.DeviceBase + page, Math.Min(count, pages - page), call.Is(s_single));
    }
}
