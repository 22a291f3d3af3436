namespace StressFarm.Kernel.Operations;

public sealed class SplitHugePage : SlotOperation
{
    public override string Id => "split_huge_page";
    public override string Summary => "splits the folio mapped at a slot into single pages";

    protected override Op Run(Cpu cpu, int mm, int slot) => SplitByAddress.Run(cpu, mm, slot, 0, uniform: true);
}
