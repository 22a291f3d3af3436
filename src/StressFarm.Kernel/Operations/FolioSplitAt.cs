namespace StressFarm.Kernel.Operations;

public sealed class FolioSplitAt : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot), s_order = new(Domain.Order, meaning: "the new one"),
        s_around = new(Domain.Flag, "around", "splits non-uniformly, around the page mapped at the slot");

    public override string Id => "folio_split";
    public override string Summary => "splits the folio mapped at a slot to an order, uniformly or around that page";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_order, s_around);

    public static OpCall Call(int mm, int slot, int order = 0, bool around = false) => new(Operation<FolioSplitAt>.Instance, mm, slot, order, around ? 1 : 0);

    public override Op Run(Cpu cpu, OpCall call) => SplitByAddress.Run(cpu, call[s_mm], call[s_slot], call[s_order], uniform: !call.Is(s_around));
}
