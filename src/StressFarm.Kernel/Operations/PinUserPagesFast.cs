namespace StressFarm.Kernel.Operations;

public sealed class PinUserPagesFast : GetPages
{
    public override string Id => "pin_user_pages_fast";
    public override string Summary => "pins user pages for DMA without locks";
    protected override GupFlags What => GupFlags.Pin;
    protected override bool Fast => true;
}
