namespace StressFarm.Kernel.Operations;

public sealed class AnonFault : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot, meaning: "cut down to a multiple of the folio's pages"),
        s_order = new(Domain.Order, meaning: "1 becomes 0, more than the PMD order that"), s_pmd = new(Domain.Flag, "pmd", "maps a folio of PMD order by a PMD entry");

    public override string Id => "do_anonymous_page";
    public override string Summary => "faults an anonymous folio in";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_order, s_pmd);

    public static OpCall Call(int mm, int slot, int order = 0, bool pmd = false) => new(Operation<AnonFault>.Instance, mm, slot, order, pmd ? 1 : 0);

    public override Op Run(Cpu cpu, OpCall call)
    {
        // There are no anonymous folios of order 1, and none beyond what one page table maps.
        int order = call[s_order] == 1 ? 0 : Math.Min(call[s_order], cpu.Machine.Arena.PmdOrder);
        int slot = call[s_slot] & ~((1 << order) - 1);
        bool pmd = call.Is(s_pmd) && order == cpu.Machine.Arena.PmdOrder;
        return AnonMemory.Fault(cpu, call[s_mm], slot, order, pmd);
    }
}
