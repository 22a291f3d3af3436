namespace StressFarm.Kernel.Operations;

/// <summary>A: handle slot of a fresh locked device folio, B: page table slot, C: 1 maps it by a PMD entry where its order allows, as a folio above the exact orders always is, D: mm.</summary>
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
        // A PTE-mapped folio above the exact orders would take every later operation on it past I57's bound.
        bool exact = handle.Order <= cpu.Machine.Arena.ExactOrder;
        bool pmd = handle.Order == pmdOrder && (call.C == 1 || !exact);
        if (!exact && !pmd) return;
        if (await DeviceMigration.Insert(cpu, handle.Folio, handle.Order, call.D, slot, pmd)) cpu.Handles[call.A] = default;
    }
}
