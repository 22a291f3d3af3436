namespace StressFarm.Kernel.Operations;

public sealed class PinUserPages : GetPages
{
    public override string Id => "pin_user_pages";
    public override string Summary => "pins user pages for DMA under the page table lock";
    protected override GupFlags What => GupFlags.Pin;
    protected override bool Fast => false;
}
