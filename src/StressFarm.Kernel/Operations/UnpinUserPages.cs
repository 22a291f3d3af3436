namespace StressFarm.Kernel.Operations;

public sealed class UnpinUserPages : Release
{
    private static readonly Parameter s_range = new(Domain.Flag, "range", "goes by the folio's own page count");

    public override string Id => "unpin_user_pages";
    public override string Summary => "gives the pins or references of user pages back";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(From, s_range);

    public static OpCall Call(int handle, bool range = false) => new(Operation<UnpinUserPages>.Instance, handle, range ? 1 : 0);

    protected override bool Fits(Cpu cpu, in Handle handle) => handle.Kind is HandleKind.Pin or HandleKind.PageRefs;

    protected override Op GiveBack(Cpu cpu, Handle handle, OpCall call)
    {
        if (handle.Kind == HandleKind.PageRefs) return GupPut.PutPages(cpu, handle);
        return call.Is(s_range) ? GupPut.UnpinUserPageRange(cpu, handle) : GupPut.UnpinUserPages(cpu, handle);
    }
}
