namespace StressFarm.Kernel.Operations;

public sealed class DeviceRelease : Release
{
    public override string Id => "zone_device_page_put";
    public override string Summary => "unlocks and puts a held device folio";

    protected override bool Fits(Cpu cpu, in Handle handle) =>
        handle.Kind is HandleKind.LockedFolio or HandleKind.FolioRef && handle.Pfn >= cpu.Machine.Geometry.DeviceBase;

    protected override Op GiveBack(Cpu cpu, Handle handle, OpCall call) =>
        handle.Kind == HandleKind.LockedFolio ? DeviceMigration.UnlockAndPut(cpu, handle.Page) : FolioReferences.PutPage(cpu, handle.Page);
}
