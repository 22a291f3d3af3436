namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: slot.</summary>
public sealed class SplitHugePage : Operation
{
    public override string Id => "split_huge_page";
    public override string Summary => "splits the folio mapped at a slot into single pages";

    public override Op Run(Cpu cpu, OpCall call) => SplitByAddress.Run(cpu, call.A, call.B, 0, uniform: true);
}
