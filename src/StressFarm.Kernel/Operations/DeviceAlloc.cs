namespace StressFarm.Kernel.Operations;

/// <summary>A: handle slot for the locked folio, B: order, C: which of several fitting ranges (0 the lowest).</summary>
public sealed class DeviceAlloc : Operation
{
    /// <summary><see cref="Handle.Extra"/> of a folio that has not been mapped since it was handed out.</summary>
    public const int Fresh = 1;

    public override string Id => "zone_device_folio_init";
    public override string Summary => "a driver hands out a device-private folio, locked";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Machine.Arena.DevicePages == 0 || cpu.Handles[call.A].Kind != HandleKind.None) return;
        DeviceBlock block = await DeviceMemory.Alloc(cpu, call.B, call.C);
        if (block.IsNone) return;
        Page page = cpu.PfnToPage(block.Pfn);
        cpu.Handles[call.A] = new Handle { Kind = HandleKind.LockedFolio, Pfn = page.Pfn, Life = page.Life, Order = block.Order, Extra = Fresh };
    }
}
