namespace StressFarm.Kernel.Operations;

/// <summary>
/// A: mm, B: first slot, C: pages, + 256 without FOLL_WRITE, D: handle + 16 * further rounds over the same pages. Falls back to the slow path, as the
/// kernel does, for what the fast one did not get.
/// </summary>
public sealed class PinUserPagesFast : Operation
{
    public override string Id => "pin_user_pages_fast";
    public override string Summary => "pins user pages for DMA without locks";

    public override Op Run(Cpu cpu, OpCall call) => GetPages.Run(cpu, call, GupFlags.Pin | GupFlags.Write, fast: true);
}
