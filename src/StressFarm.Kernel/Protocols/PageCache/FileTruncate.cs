namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Truncation (<c>mm/truncate.c:truncate_inode_pages_range</c>): the size first, then each folio locked, unmapped and taken out of
/// the cache. One that straddles the new end is split there; where that fails it stays.
/// </summary>
public static class FileTruncate
{
    public static async Op Run(Cpu cpu, int mapping, int size)
    {
        await cpu.Lock(cpu.Cells.InodeLock(mapping), Step.Truncate);
        await cpu.Store(cpu.Cells.ISize(mapping), (ulong)size, Step.Truncate);
        cpu.Ghost.SetFileSize(mapping, size);
        for (int index = size; index < PageCache.Slots;) index = await At(cpu, mapping, index, size);
        await cpu.Unlock(cpu.Cells.InodeLock(mapping), Step.Truncate);
    }

    /// <summary>The next index to look at.</summary>
    private static async Op<int> At(Cpu cpu, int mapping, int index, int size)
    {
        int pfn = await PageCache.LockEntry(cpu, mapping, index);
        if (pfn < 0)
        {
            await DropValue(cpu, mapping, index);
            return index + 1;
        }
        Folio folio = cpu.PfnFolio(pfn);
        int first = (int)await cpu.Load(folio.Head.Index, Step.Truncate);
        int order = await PageCache.OrderOf(cpu, folio, Step.Truncate);
        if (first < size)
        {
            await FolioSplit.Split(cpu, folio, new SplitShape(0, pfn + size - first, Uniform: false), lockAt: pfn);
        }
        else
        {
            await FileMemory.UnmapAll(cpu, folio, mapping, order);
            await PageCache.Remove(cpu, mapping, folio, order);
        }
        await PageCache.Release(cpu, folio);
        return first + (1 << order);
    }

    /// <summary>shmem_free_swap(): a swapped-out range is forgotten.</summary>
    private static async Op DropValue(Cpu cpu, int mapping, int index)
    {
        if (!XArray.IsValue(await XArray.Load(cpu, mapping, index, Step.Truncate))) return;
        await cpu.Lock(cpu.Cells.XaLock(mapping), Step.Truncate);
        ulong entry = await XArray.Load(cpu, mapping, index, Step.Truncate);
        // The value is split to single slots as it goes: the first slot of an entry may lie before the new end.
        if (XArray.IsValue(entry)) await XArray.DropFrom(cpu, mapping, index, Step.Truncate);
        await cpu.Unlock(cpu.Cells.XaLock(mapping), Step.Truncate);
    }
}
