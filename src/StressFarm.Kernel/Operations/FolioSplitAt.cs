namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: slot, C: new order, D: 1 splits non-uniformly around the page mapped at the slot.</summary>
public sealed class FolioSplitAt : Operation
{
    public override string Id => "folio_split";
    public override string Summary => "splits the folio mapped at a slot to an order, uniformly or around that page";

    public override Op Run(Cpu cpu, OpCall call) => SplitByAddress.Run(cpu, call.A, call.B, call.C, uniform: call.D != 1);
}
