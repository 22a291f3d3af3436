namespace StressFarm.Kernel.Operations;

public sealed class SlabAllocate : Acquisition
{
    private static readonly Parameter s_order = new(Domain.Order, meaning: "at least 1 for large kmalloc"), s_large = new(Domain.Flag, "large", "large kmalloc");

    public override string Id => "kmalloc_new";
    public override string Summary => "kmalloc() that needs a new slab, or large kmalloc";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_order, s_large);

    public static OpCall Call(int handle, int order = 0, bool large = false) => new(Operation<SlabAllocate>.Instance, handle, order, large ? 1 : 0);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        bool large = call.Is(s_large);
        int order = large ? Math.Max(call[s_order], 1) : call[s_order];
        int pfn = large ? await SlabMemory.AllocateLarge(cpu, order) : await SlabMemory.Allocate(cpu, order);
        Keep(cpu, call, HandleOf(cpu, large ? HandleKind.LargeKmalloc : HandleKind.Slab, pfn, order));
    }
}

public sealed class SlabTake : Operation
{
    private static readonly Parameter s_handle = new(Domain.Handle, meaning: "of a slab");

    public override string Id => "kmalloc";
    public override string Summary => "kmalloc() from a slab that has room";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_handle);

    public static OpCall Call(int handle) => new(Operation<SlabTake>.Instance, handle);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call[s_handle]];
        if (handle.Kind == HandleKind.Slab && await SlabMemory.Take(cpu, handle.Page)) cpu.Handles[call[s_handle]].Count++;
    }
}

public sealed class SlabFree : Operation
{
    private static readonly Parameter s_handle = new(Domain.Handle, meaning: "of a slab or of large kmalloc"),
        s_page = new(Domain.Number(0, (1 << Geometry.MaxOrder) - 1), "page", "of the slab, that the object lies on, modulo its pages");

    public override string Id => "kfree";
    public override string Summary => "kfree(): frees an object; the last of a slab frees its pages";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_handle, s_page);

    public static OpCall Call(int handle, int page = 0) => new(Operation<SlabFree>.Instance, handle, page);

    public override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call[s_handle]];
        if (handle.Kind is not (HandleKind.Slab or HandleKind.LargeKmalloc)) return default;
        if (handle.Count > 1) cpu.Handles[call[s_handle]].Count--;
        else cpu.Handles[call[s_handle]] = default;
        int page = handle.Kind == HandleKind.Slab ? handle.Pfn + (call[s_page] & ((1 << handle.Order) - 1)) : handle.Pfn;
        return SlabMemory.Kfree(cpu, new Page(page, handle.Life), handle.Pfn);
    }
}
