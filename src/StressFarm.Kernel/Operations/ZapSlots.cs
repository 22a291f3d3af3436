namespace StressFarm.Kernel.Operations;

public sealed class ZapSlots : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot, meaning: "the first of them"), s_count = new(Domain.Slots, "count", "how many", usual: 1);

    public override string Id => "zap_pte_range";
    public override string Summary => "unmaps slots, as munmap() does";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_count);

    public override Premises PremisesOf(OpCall call) => Premises.HugetlbTables;

    public static OpCall Call(int mm, int slot, int count = 1) => new(Operation<ZapSlots>.Instance, mm, slot, count);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int mm = call[s_mm], slot = call[s_slot], count = CutToMm(cpu, slot, call[s_count]);
        for (int i = 0; i < count; i++) await Zap.Slot(cpu, mm, slot + i);
    }
}
