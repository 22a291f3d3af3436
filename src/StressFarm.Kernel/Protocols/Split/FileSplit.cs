namespace StressFarm.Kernel.Protocols;

/// <summary>What caches hold of a folio under split. Mapping is -1 where the page cache has nothing to do with it.</summary>
/// <param name="End">the first index past the end of the file</param>
public readonly record struct SplitCache(int Mapping, int Index, int End, bool InSwap)
{
    public static SplitCache None => new(-1, 0, 0, false);
    public static SplitCache Swap => new(-1, 0, 0, true);
    public bool InFile => Mapping >= 0;
    /// <summary>folio_cache_ref_count() of so many pages.</summary>
    public int Refs(int pages) => InFile || InSwap ? pages : 0;
}

/// <summary>The page cache's part of a split (spec 3.10: S3, S5, S6, S12).</summary>
public static class FileSplit
{
    /// <summary>
    /// The branch of <c>__folio_split</c> for what is not anonymous. A truncated folio and a shmem folio in the swap cache have no
    /// mapping; Z11 read mapping->flags before it looked.
    /// </summary>
    public static async Op<SplitResult> Split(Cpu cpu, Folio folio, int order, ulong mappingWord, SplitShape shape, int lockAt)
    {
        if (cpu.Policy.Has(Deviation.MappingReadBeforeCheck)) cpu.Tell(MomentKind.MappingDeref, folio.Pfn, mappingWord);
        int mapping = PageCache.MappingOf(mappingWord);
        if (mapping < 0) return SplitResult.Busy;
        cpu.Tell(MomentKind.MappingDeref, folio.Pfn, mappingWord);
        if (shape.NewOrder >= order) return SplitResult.Invalid;
        await cpu.Lock(cpu.Cells.IMmap(mapping), Step.S3);
        cpu.Machine.Splits.Attempts++;
        int end = (int)await cpu.Load(cpu.Cells.ISize(mapping), Step.S3);
        int index = (int)await cpu.Load(folio.Head.Index, Step.S3);
        SplitResult result = await UnderIMmap(cpu, folio, order, shape, new SplitCache(mapping, index, end, false));
        if (result == SplitResult.Done) await FolioSplit.ReleaseParts(cpu, folio.Pfn, order, lockAt);
        await cpu.Unlock(cpu.Cells.IMmap(mapping), Step.S14);
        return result;
    }

    private static async Op<SplitResult> UnderIMmap(Cpu cpu, Folio folio, int order, SplitShape shape, SplitCache cache)
    {
        if (!await FolioSplit.CanSplit(cpu, folio, cache.Refs(1 << order))) return SplitResult.Again;
        await FileMemory.Unmap(cpu, folio, cache.Mapping, cache.Index, order);
        Word xaLock = cpu.Cells.XaLock(cache.Mapping);
        cpu.IrqsOff = true;
        await cpu.Lock(xaLock, Step.S6);
        bool there = await XArray.Load(cpu, cache.Mapping, cache.Index, Step.S6) == cpu.Memory.AddressOf(folio.Head);
        bool split = there && await FolioSplitFrozen.FreezeAndSplit(cpu, folio, order, shape, doLru: true, cache);
        await cpu.Unlock(xaLock, Step.S13);
        cpu.IrqsOff = false;
        return split ? SplitResult.Done : SplitResult.Again;
    }

    /// <summary>S12: the slot of a new folio leads to it; past the end of the file it leaves the cache.</summary>
    public static async Op StorePart(Cpu cpu, SplitCache cache, int part, int index, int pages)
    {
        if (index < cache.End)
        {
            await XArray.Replace(cpu, cache.Mapping, index, cpu.Memory.AddressOf(new Page(part)), Step.S12);
            return;
        }
        Folio folio = cpu.PfnFolio(part);
        await PageCache.Delete(cpu, cache.Mapping, index, int.Log2(pages), folio, shadow: 0);
        await PageCache.PutCacheRefs(cpu, folio, pages);
    }
}
