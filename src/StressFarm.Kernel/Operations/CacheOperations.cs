namespace StressFarm.Kernel.Operations;

/// <summary>A: mapping, B: index, C: order.</summary>
public sealed class CacheAddFolio : Operation
{
    public override string Id => "filemap_add_folio";
    public override string Summary => "adds a new folio to the page cache, as read-ahead and writes do";
    public override Op Run(Cpu cpu, OpCall call) => PageCache.Add(cpu, call.A, call.B, call.C);
}

/// <summary>A: mapping, B: index, C: handle that keeps the reference.</summary>
public sealed class CacheLookup : Operation
{
    public override string Id => "filemap_get_folio";
    public override string Summary => "looks an index up in the page cache and keeps the reference";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Handles[call.C].Kind != HandleKind.None) return;
        int pfn = await PageCache.GetEntry(cpu, call.A, call.B);
        if (pfn >= 0) cpu.Handles[call.C] = new Handle { Kind = HandleKind.FolioRef, Pfn = pfn, Life = cpu.Ghost.LifeOf(pfn), Count = 1 };
    }
}

/// <summary>A: handle of a folio reference.</summary>
public sealed class FolioPut : Operation
{
    public override string Id => "folio_put";
    public override string Summary => "gives a folio reference back";

    public override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        if (handle.Kind != HandleKind.FolioRef) return default;
        cpu.Handles[call.A] = default;
        // A split may have made the page a folio of its own since: the reference stopped that, so the head still is the head.
        return FolioReferences.Put(cpu, handle.Folio);
    }
}

/// <summary>A: mapping, B: new size in pages.</summary>
public sealed class TruncateFile : Operation
{
    public override string Id => "truncate_pagecache";
    public override string Summary => "sets a file's size and drops or splits what lies behind it";
    public override Op Run(Cpu cpu, OpCall call) => FileTruncate.Run(cpu, call.A, call.B);
}

/// <summary>A: mm, B: mapping, C: first index, D: how many.</summary>
public sealed class FaultFile : Operation
{
    public override string Id => "filemap_fault";
    public override string Summary => "maps pages of a file";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        for (int i = call.C; i < Math.Min(call.C + call.D, PageCache.Slots); i++) await FileMemory.Fault(cpu, call.A, call.B, i);
    }
}

/// <summary>A: mapping, B: index, C: new order, D: 1 splits non-uniformly around the index.</summary>
public sealed class SplitInFile : Operation
{
    public override string Id => "split_huge_pages_in_file";
    public override string Summary => "splits the folio at an index of a file, uniformly or around that page";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int pfn = await PageCache.GetEntry(cpu, call.A, call.B);
        if (pfn < 0) return;
        Folio folio = cpu.PfnFolio(pfn);
        if (await FolioReferences.TryLock(cpu, folio))
        {
            if (await cpu.Load(folio.Head.Mapping, Step.S1) == PageCache.MappingAddress(call.A))
            {
                int at = pfn + call.B - (int)await cpu.Load(folio.Head.Index, Step.S1);
                await FolioSplit.Split(cpu, folio, new SplitShape(call.C, at, call.D != 1), lockAt: pfn);
            }
            await FolioReferences.Unlock(cpu, folio);
        }
        await FolioReferences.Put(cpu, folio);
    }
}

/// <summary>A: pfn, B: how many.</summary>
public sealed class SplitByPfn : Operation
{
    public override string Id => "split_huge_pages_all";
    public override string Summary => "splits the folios of a range of pfns into single pages, whoever has them";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        for (int pfn = call.A; pfn < Math.Min(call.A + call.B, cpu.Machine.Arena.SystemPages); pfn++)
        {
            int head = await SpeculativeGet.Pf(cpu, pfn, Step.S1);
            if (head < 0) continue;
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
}

/// <summary>A: first pfn, B: how many.</summary>
public sealed class MigrateCached : Operation
{
    public override string Id => "folio_migrate_mapping";
    public override string Summary => "moves folios of the page cache and the swap cache elsewhere";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        for (int pfn = call.A; pfn < Math.Min(call.A + call.B, cpu.Machine.Arena.SystemPages); pfn++) await CacheMigration.Run(cpu, pfn);
    }
}

/// <summary>A: mm, B: slot.</summary>
public sealed class SwapOutAnon : Operation
{
    public override string Id => "folio_alloc_swap";
    public override string Summary => "puts the anonymous folio mapped at a slot into the swap cache";
    public override Op Run(Cpu cpu, OpCall call) => SwapCache.AddMapped(cpu, call.A, call.B);
}

/// <summary>A: swap entry.</summary>
public sealed class SwapFree : Operation
{
    public override string Id => "folio_free_swap";
    public override string Summary => "takes the folio of a swap entry out of the swap cache";
    public override Op Run(Cpu cpu, OpCall call) => SwapCache.Free(cpu, call.A, anonymous: true);
}

/// <summary>A: index, B: 1 brings it back.</summary>
public sealed class SwapShmem : Operation
{
    public override string Id => "shmem_writeout";
    public override string Summary => "moves a shmem folio from its file to the swap cache, or back";
    public override Op Run(Cpu cpu, OpCall call) => call.B == 1 ? ShmemSwap.In(cpu, call.A) : ShmemSwap.Out(cpu, call.A);
}
