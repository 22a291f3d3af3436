namespace StressFarm.Kernel.Operations;

/// <summary>A: order, B: handle, C: 1 for large kmalloc.</summary>
public sealed class SlabAllocate : Operation
{
    public override string Id => "kmalloc_new";
    public override string Summary => "kmalloc() that needs a new slab, or large kmalloc";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Handles[call.B].Kind != HandleKind.None) return;
        bool large = call.C == 1;
        int order = large ? Math.Max(call.A, 1) : call.A;
        int pfn = large ? await SlabMemory.AllocateLarge(cpu, order) : await SlabMemory.Allocate(cpu, order);
        if (pfn < 0) return;
        cpu.Handles[call.B] = new Handle
        {
            Kind = large ? HandleKind.LargeKmalloc : HandleKind.Slab,
            Pfn = pfn,
            Life = cpu.Ghost.LifeOf(pfn),
            Order = order,
            Count = 1,
        };
    }
}

/// <summary>A: handle of a slab.</summary>
public sealed class SlabTake : Operation
{
    public override string Id => "kmalloc";
    public override string Summary => "kmalloc() from a slab that has room";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        if (handle.Kind == HandleKind.Slab && await SlabMemory.Take(cpu, handle.Page)) cpu.Handles[call.A].Count++;
    }
}

/// <summary>A: handle of a slab or of large kmalloc, B: the page of it that the object lies on.</summary>
public sealed class SlabFree : Operation
{
    public override string Id => "kfree";
    public override string Summary => "kfree(): frees an object; the last of a slab frees its pages";

    public override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        if (handle.Kind is not (HandleKind.Slab or HandleKind.LargeKmalloc)) return default;
        if (handle.Count > 1) cpu.Handles[call.A].Count--;
        else cpu.Handles[call.A] = default;
        int page = handle.Kind == HandleKind.Slab ? handle.Pfn + (call.B & ((1 << handle.Order) - 1)) : handle.Pfn;
        return SlabMemory.Kfree(cpu, new Page(page, handle.Life), handle.Pfn);
    }
}
