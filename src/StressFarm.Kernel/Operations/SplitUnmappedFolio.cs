namespace StressFarm.Kernel.Operations;

public sealed class SplitUnmappedFolio : SlotOperation
{
    public override string Id => "migrate_vma_split_unmapped_folio";
    public override string Summary => "unmaps the folio mapped at a slot as device migration does, splits it, and maps the parts again";
    public override Premises PremisesOf(OpCall call) => Premises.Unlocked;

    protected override Op Run(Cpu cpu, int mm, int slot) => SplitByAddress.RunUnmapped(cpu, mm, slot);
}
