namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: first slot, C: pages, + 256 without FOLL_WRITE, D: handle + 16 * further rounds over the same pages.</summary>
public sealed class PinUserPages : Operation
{
    public override string Id => "pin_user_pages";
    public override string Summary => "pins user pages for DMA under the page table lock";

    public override Op Run(Cpu cpu, OpCall call) => GetPages.Run(cpu, call, GupFlags.Pin | GupFlags.Write, fast: false);
}
