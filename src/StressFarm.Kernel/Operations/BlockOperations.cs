namespace StressFarm.Kernel.Operations;

public sealed class BlockAllocate : Acquisition
{
    private static readonly Parameter s_order = new(Domain.Order);

    public override string Id => "alloc_pages";
    public override string Summary => "allocates a block of order > 0 that is not compound";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_order);

    public static OpCall Call(int handle, int order = 0) => new(Operation<BlockAllocate>.Instance, handle, order);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        int order = call[s_order];
        int pfn = await BuddyAllocator.AllocPages(cpu, order, Alloc.Plain, order == 0 ? Owner.Small : Owner.Block);
        if (pfn >= 0) cpu.Ghost.PublishAt(cpu, pfn);
        Keep(cpu, call, HandleOf(cpu, HandleKind.Block, pfn, order));
    }
}

public sealed class BlockFree : Release
{
    public override string Id => "__free_pages";
    public override string Summary => "frees a block that is not compound; a speculative reference keeps its first page back";

    protected override bool Fits(Cpu cpu, in Handle handle) => handle.Kind == HandleKind.Block;
    protected override Op GiveBack(Cpu cpu, Handle handle, OpCall call) => BuddyAllocator.FreePages(cpu, handle.Page, handle.Order);
}
