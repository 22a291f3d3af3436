namespace StressFarm.Kernel.Protocols;

/// <summary>Pages that a driver can move (<c>mm/compaction.c</c>, <c>mm/migrate.c:isolate_movable_page</c>).</summary>
public static class MovablePages
{
    /// <summary>PAGE_MAPPING_MOVABLE among the low bits of mapping, where LIST_POISON2 of a slab off its list has the same.</summary>
    private const ulong Tag = 2, TagMask = 3;

    /// <summary>
    /// A page that is not on the LRU: a reference, no slab, the tag in word 24, the page lock, and the two tests again; then the
    /// driver's operations are called. No driver of movable pages is modelled, so a call is always wrong. Before Z18 slab was
    /// not looked for.
    /// </summary>
    public static async Op Isolate(Cpu cpu, Page page)
    {
        if (!await FolioReferences.TryGet(cpu, page, 1, Step.Movable)) return;
        if (await IsMovable(cpu, page) && await cpu.TryLock(page.Flags, Step.Movable, PageFlag.Locked))
        {
            if (await IsMovable(cpu, page)) cpu.Tell(MomentKind.TakenFor, page.Pfn, MovableDriver);
            await cpu.Unlock(page.Flags, Step.Movable, PageFlag.Locked);
        }
        await FolioReferences.Put(cpu, new Folio(page.Pfn));
    }

    /// <summary>What <see cref="MomentKind.TakenFor"/> says of such a page: no owner is this.</summary>
    public const ulong MovableDriver = 255;

    private static async Op<bool> IsMovable(Cpu cpu, Page page)
    {
        bool slab = PageType.Is(await cpu.Load(page.Type, Step.Movable), PageType.Slab);
        return !slab && (await cpu.Load(page.Mapping, Step.Movable) & TagMask) == Tag;
    }
}
