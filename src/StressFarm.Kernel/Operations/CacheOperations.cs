namespace StressFarm.Kernel.Operations;

public sealed class CacheAddFolio : Operation
{
    private static readonly Parameter s_mapping = new(Domain.Mapping), s_index = new(Domain.Index), s_order = new(Domain.Order);

    public override string Id => "filemap_add_folio";
    public override string Summary => "adds a new folio to the page cache, as read-ahead and writes do";
    public override Premises PremisesOf(OpCall call) => Premises.Caches;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mapping, s_index, s_order);

    public static OpCall Call(int mapping, int index, int order = 0) => new(Operation<CacheAddFolio>.Instance, mapping, index, order);

    public override Op Run(Cpu cpu, OpCall call) => PageCache.Add(cpu, call[s_mapping], call[s_index], call[s_order]);
}

public sealed class CacheLookup : Acquisition
{
    private static readonly Parameter s_mapping = new(Domain.Mapping), s_index = new(Domain.Index);

    public override string Id => "filemap_get_folio";
    public override string Summary => "looks an index up in the page cache and keeps the reference";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_mapping, s_index);

    public static OpCall Call(int handle, int mapping, int index) => new(Operation<CacheLookup>.Instance, handle, mapping, index);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        int pfn = await PageCache.GetEntry(cpu, call[s_mapping], call[s_index]);
        Keep(cpu, call, HandleOf(cpu, HandleKind.FolioRef, pfn));
    }
}

public sealed class FolioPut : Release
{
    public override string Id => "folio_put";
    public override string Summary => "gives a folio reference back";

    protected override bool Fits(Cpu cpu, in Handle handle) => handle.Kind == HandleKind.FolioRef;
    // A split may have made the page a folio of its own since: the reference stopped that, so the head still is the head.
    protected override Op GiveBack(Cpu cpu, Handle handle, OpCall call) => FolioReferences.Put(cpu, handle.Folio);
}

public sealed class TruncateFile : Operation
{
    private static readonly Parameter s_mapping = new(Domain.Mapping), s_size = new(Domain.FileSize, meaning: "the new one, in pages");

    public override string Id => "truncate_pagecache";
    public override string Summary => "sets a file's size and drops or splits what lies behind it";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mapping, s_size);

    public static OpCall Call(int mapping, int size) => new(Operation<TruncateFile>.Instance, mapping, size);

    public override Op Run(Cpu cpu, OpCall call) => FileTruncate.Run(cpu, call[s_mapping], call[s_size]);
}

public sealed class FaultFile : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_mapping = new(Domain.Mapping), s_index = new(Domain.Index, meaning: "the first of them"),
        s_count = new(Domain.Number(1, PageCache.Slots), "count", "pages of the file", usual: 1);

    public override string Id => "filemap_fault";
    public override string Summary => "maps pages of a file";
    public override Premises PremisesOf(OpCall call) => Premises.Caches;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_mapping, s_index, s_count);

    public static OpCall Call(int mm, int mapping, int index, int count = 1) => new(Operation<FaultFile>.Instance, mm, mapping, index, count);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int end = Math.Min(call[s_index] + call[s_count], PageCache.Slots);
        for (int i = call[s_index]; i < end; i++) await FileMemory.Fault(cpu, call[s_mm], call[s_mapping], i);
    }
}

public sealed class SplitInFile : Operation
{
    private static readonly Parameter s_mapping = new(Domain.Mapping), s_index = new(Domain.Index), s_order = new(Domain.Order, meaning: "the new one"),
        s_around = new(Domain.Flag, "around", "splits non-uniformly, around the index");

    public override string Id => "split_huge_pages_in_file";
    public override string Summary => "splits the folio at an index of a file, uniformly or around that page";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mapping, s_index, s_order, s_around);

    public static OpCall Call(int mapping, int index, int order = 0, bool around = false) =>
        new(Operation<SplitInFile>.Instance, mapping, index, order, around ? 1 : 0);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int mapping = call[s_mapping], index = call[s_index];
        int pfn = await PageCache.GetEntry(cpu, mapping, index);
        if (pfn < 0) return;
        Folio folio = cpu.PfnFolio(pfn);
        if (await FolioReferences.TryLock(cpu, folio))
        {
            if (await cpu.Load(folio.Head.Mapping, Step.S1) == PageCache.MappingAddress(mapping))
            {
                int at = pfn + index - (int)await cpu.Load(folio.Head.Index, Step.S1);
                await FolioSplit.Split(cpu, folio, new SplitShape(call[s_order], at, !call.Is(s_around)), lockAt: pfn);
            }
            await FolioReferences.Unlock(cpu, folio);
        }
        await FolioReferences.Put(cpu, folio);
    }
}

public sealed class SplitByPfn : PageByPageWalk
{
    public override string Id => "split_huge_pages_all";
    public override string Summary => "splits the folios of a range of pfns into single pages, whoever has them";

    protected override async Op Look(Cpu cpu, int pfn)
    {
        int head = await SpeculativeGet.Pf(cpu, pfn, Step.S1);
        if (head < 0) return;
        Folio folio = cpu.PfnFolio(head);
        ulong flags = await cpu.Load(folio.Flags, Step.S1);
        if ((flags & PageFlag.Head) != 0 && (flags & PageFlag.Lru) != 0)
        {
            await FolioReferences.Lock(cpu, folio);
            await FolioSplit.Split(cpu, folio, new SplitShape(0, head, Uniform: true), lockAt: head);
            await FolioReferences.Unlock(cpu, folio);
        }
        await FolioReferences.Put(cpu, folio);
    }
}

public sealed class MigrateCached : PageByPageWalk
{
    public override string Id => "folio_migrate_mapping";
    public override string Summary => "moves folios of the page cache and the swap cache elsewhere";
    protected override Op Look(Cpu cpu, int pfn) => CacheMigration.Run(cpu, pfn);
}

public sealed class SwapOutAnon : SlotOperation
{
    public override string Id => "folio_alloc_swap";
    public override string Summary => "puts the anonymous folio mapped at a slot into the swap cache";
    public override Premises PremisesOf(OpCall call) => Premises.Caches;
    protected override Op Run(Cpu cpu, int mm, int slot) => SwapCache.AddMapped(cpu, mm, slot);
}

public sealed class SwapFree : Operation
{
    private static readonly Parameter s_entry = new(Domain.SwapEntry, "entry");

    public override string Id => "folio_free_swap";
    public override string Summary => "takes the folio of a swap entry out of the swap cache";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_entry);

    public static OpCall Call(int entry) => new(Operation<SwapFree>.Instance, entry);

    public override Op Run(Cpu cpu, OpCall call) => SwapCache.Free(cpu, call[s_entry], anonymous: true);
}

public sealed class SwapShmem : Operation
{
    private static readonly Parameter s_index = new(Domain.Index), s_back = new(Domain.Flag, "back", "brings it back");

    public override string Id => "shmem_writeout";
    public override string Summary => "moves a shmem folio from its file to the swap cache, or back";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_index, s_back);

    public static OpCall Call(int index, bool back = false) => new(Operation<SwapShmem>.Instance, index, back ? 1 : 0);

    public override Op Run(Cpu cpu, OpCall call) => call.Is(s_back) ? ShmemSwap.In(cpu, call[s_index]) : ShmemSwap.Out(cpu, call[s_index]);
}
