namespace StressFarm.Kernel.Operations;

/// <summary>A: handle of pins, or of references, which are put. B: 1 goes by the folio's own page count.</summary>
public sealed class UnpinUserPages : Operation
{
    public override string Id => "unpin_user_pages";
    public override string Summary => "gives the pins or references of user pages back";

    public override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        if (handle.Kind is not (HandleKind.Pin or HandleKind.PageRefs)) return default;
        cpu.Handles[call.A] = default;
        if (handle.Kind == HandleKind.PageRefs) return GupPut.PutPages(cpu, handle);
        return call.B == 1 ? GupPut.UnpinUserPageRange(cpu, handle) : GupPut.UnpinUserPages(cpu, handle);
    }
}
