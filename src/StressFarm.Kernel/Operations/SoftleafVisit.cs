namespace StressFarm.Kernel.Operations;

public sealed class SoftleafVisit : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot, meaning: "the first of them"), s_count = new(Domain.Slots, "count", "how many", usual: 1),
        s_clear = new(Domain.Flag, "clear", "clears the migration entries it meets");

    public override string Id => "zap_nonpresent_ptes";
    public override string Summary => "reads what migration entries stand for, and clears them on demand";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_count, s_clear);

    public static OpCall Call(int mm, int slot, int count = 1, bool clear = false) => new(Operation<SoftleafVisit>.Instance, mm, slot, count, clear ? 1 : 0);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int slot = call[s_slot], count = CutToMm(cpu, slot, call[s_count]);
        for (int i = 0; i < count; i++) await Softleaf.Visit(cpu, call[s_mm], slot + i, call.Is(s_clear));
    }
}
