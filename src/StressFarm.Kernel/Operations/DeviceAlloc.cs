namespace StressFarm.Kernel.Operations;

public sealed class DeviceAlloc : Acquisition
{
    /// <summary><see cref="Handle.Extra"/> of a folio that has not been mapped since it was handed out.</summary>
    public const int Fresh = 1;

    private static readonly Parameter s_order = new(Domain.DeviceOrder, "order"),
        s_choice = new(Domain.DevicePage, "choice", "which of several ranges that fit, 0 for the lowest");

    public override string Id => "zone_device_folio_init";
    public override string Summary => "a driver hands out a device-private folio, locked";
    public override Premises PremisesOf(OpCall call) => Premises.DevicePrivate;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_order, s_choice);

    public static OpCall Call(int handle, int order = 0, int choice = 0) => new(Operation<DeviceAlloc>.Instance, handle, order, choice);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        if (cpu.Machine.Arena.DevicePages == 0) return;
        DeviceBlock block = await DeviceMemory.Alloc(cpu, call[s_order], call[s_choice]);
        if (block.IsNone) return;
        Page page = cpu.PfnToPage(block.Pfn);
        Keep(cpu, call, new Handle { Kind = HandleKind.LockedFolio, Pfn = page.Pfn, Life = page.Life, Order = block.Order, Extra = Fresh });
    }
}
