namespace StressFarm.Kernel.Operations;

/// <summary>A: handle slot of a device folio: unlocked if it is locked, and put.</summary>
public sealed class DeviceRelease : Operation
{
    public override string Id => "zone_device_page_put";
    public override string Summary => "unlocks and puts a held device folio";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        if (handle.Kind is not (HandleKind.LockedFolio or HandleKind.FolioRef) || handle.Pfn < cpu.Machine.Geometry.DeviceBase) return;
        cpu.Handles[call.A] = default;
        if (handle.Kind == HandleKind.LockedFolio) await DeviceMigration.UnlockAndPut(cpu, handle.Page);
        else await FolioReferences.PutPage(cpu, handle.Page);
    }
}
