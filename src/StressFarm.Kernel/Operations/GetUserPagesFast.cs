namespace StressFarm.Kernel.Operations;

public sealed class GetUserPagesFast : GetPages
{
    public override string Id => "get_user_pages_fast";
    public override string Summary => "takes references of user pages without locks";
    protected override GupFlags What => GupFlags.Get;
    protected override bool Fast => true;
}
