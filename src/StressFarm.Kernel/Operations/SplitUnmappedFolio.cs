namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: slot.</summary>
public sealed class SplitUnmappedFolio : Operation
{
    public override string Id => "migrate_vma_split_unmapped_folio";
    public override string Summary => "unmaps the folio mapped at a slot as device migration does, splits it, and maps the parts again";

    public override Op Run(Cpu cpu, OpCall call) => SplitByAddress.RunUnmapped(cpu, call.A, call.B);
}
