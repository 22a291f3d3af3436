namespace StressFarm.Extending;

/// <summary>
/// <c>mm/page_owner.c:read_page_owner</c>, as far as it reads struct pages: no reference, free blocks are stepped over.
/// </summary>
public sealed class ReadPageOwner : PfnWalk
{
    /// <summary>A of the moment that tells how far it steps.</summary>
    public const ulong Skipped = 1;

    public override string Id => "read_page_owner";
    public override string Summary => "walks pages for their owners, stepping over free blocks";

    protected override async Op<int> Visit(Cpu cpu, int pfn)
    {
        bool locked = OrderReadDimension.Of(cpu.Policy) == OrderRead.Locked;
        if (locked) await cpu.Lock(cpu.Machine.Cells.ZoneLock, Step.W1);
        int next = await StepOver(cpu, new Page(pfn));
        if (locked) await cpu.Unlock(cpu.Machine.Cells.ZoneLock, Step.W4);
        return next;
    }

    private static async Op<int> StepOver(Cpu cpu, Page page)
    {
        if (!PageType.Is(await cpu.Load(page.Type, Step.W2), PageType.Buddy)) return page.Pfn + 1;
        // buddy_order_unsafe(): the page may have left the buddy since.
        ulong order = await cpu.Load(page.Private, Step.W3);
        if (order > Geometry.MaxOrder && OrderReadDimension.Of(cpu.Policy) == OrderRead.Bounded) return page.Pfn + 1;
        cpu.Tell(MomentKind.Added, page.Pfn, Skipped, order);
        return page.Pfn + (1 << (int)Math.Min(order, Geometry.MaxOrder));
    }
}
