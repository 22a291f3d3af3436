namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: first slot, C: pages, + 256 without FOLL_WRITE, D: handle.</summary>
public sealed class GetUserPagesFast : Operation
{
    public override string Id => "get_user_pages_fast";
    public override string Summary => "takes references of user pages without locks";

    public override Op Run(Cpu cpu, OpCall call) => GetPages.Run(cpu, call, GupFlags.Get | GupFlags.Write, fast: true);
}
