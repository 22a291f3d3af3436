namespace StressFarm.Simulation;

/// <summary>A: handle slot of a fresh locked device folio, B: page table slot, C: 1 maps it by a PMD entry where its order allows, D: mm.</summary>
public sealed class DeviceMap : Operation
{
    public override string Id => "migrate_vma_insert_page";
    public override string Summary => "maps a fresh device-private folio";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        int pmdOrder = cpu.Machine.Arena.PmdOrder;
        if (handle.Kind != HandleKind.LockedFolio || handle.Extra != DeviceAlloc.Fresh || handle.Order > pmdOrder) return;
        int slot = call.B & ~((1 << handle.Order) - 1);
        bool pmd = call.C == 1 && handle.Order == pmdOrder;
        if (await DeviceMigration.Insert(cpu, handle.Folio, handle.Order, call.D, slot, pmd)) cpu.Handles[call.A] = default;
    }
}
