namespace StressFarm.Kernel.Operations;

/// <summary>A: order, B: handle.</summary>
public sealed class BlockAllocate : Operation
{
    public override string Id => "alloc_pages";
    public override string Summary => "allocates a block of order > 0 that is not compound";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Handles[call.B].Kind != HandleKind.None) return;
        int pfn = await BuddyAllocator.AllocPages(cpu, call.A, Alloc.Plain, call.A == 0 ? Owner.Small : Owner.Block);
        if (pfn < 0) return;
        cpu.Ghost.PublishAt(cpu, pfn);
        cpu.Handles[call.B] = new Handle { Kind = HandleKind.Block, Pfn = pfn, Life = cpu.Ghost.LifeOf(pfn), Order = call.A, Count = 1 };
    }
}

/// <summary>A: handle of a block.</summary>
public sealed class BlockFree : Operation
{
    public override string Id => "__free_pages";
    public override string Summary => "frees a block that is not compound; a speculative reference keeps its first page back";

    public override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        if (handle.Kind != HandleKind.Block) return default;
        cpu.Handles[call.A] = default;
        return BuddyAllocator.FreePages(cpu, handle.Page, handle.Order);
    }
}
