namespace StressFarm.Kernel.Operations;

public sealed class DeviceMap : Operation
{
    private static readonly Parameter s_handle = new(Domain.Handle, meaning: "of a fresh locked device folio"), s_mm = new(Domain.Mm),
        s_slot = new(Domain.Slot, meaning: "cut down to a multiple of the folio's pages"),
        s_pmd = new(Domain.Flag, "pmd", "maps it by a PMD entry where its order allows, as a folio above the exact orders always is");

    public override string Id => "migrate_vma_insert_page";
    public override string Summary => "maps a fresh device-private folio";
    public override Premises PremisesOf(OpCall call) => Premises.DevicePrivate;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_handle, s_mm, s_slot, s_pmd);

    public static OpCall Call(int handle, int mm, int slot, bool pmd = false) => new(Operation<DeviceMap>.Instance, handle, mm, slot, pmd ? 1 : 0);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call[s_handle]];
        int pmdOrder = cpu.Machine.Arena.PmdOrder;
        if (handle.Kind != HandleKind.LockedFolio || handle.Extra != DeviceAlloc.Fresh || handle.Order > pmdOrder) return;
        int slot = call[s_slot] & ~((1 << handle.Order) - 1);
        // A PTE-mapped folio above the exact orders would take every later operation on it past I57's bound.
        bool exact = handle.Order <= cpu.Machine.Arena.ExactOrder;
        bool pmd = handle.Order == pmdOrder && (call.Is(s_pmd) || !exact);
        if (!exact && !pmd) return;
        if (await DeviceMigration.Insert(cpu, handle.Folio, handle.Order, call[s_mm], slot, pmd)) cpu.Handles[call[s_handle]] = default;
    }
}
