namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Shmem folios out to swap and back (<c>mm/shmem.c</c>). In between such a folio is in the swap cache and in no file: it is not
/// anonymous, has no mapping, and the swap cache is all that holds it.
/// </summary>
public static class ShmemSwap
{
    /// <summary><c>shmem_writeout</c>: unmapped, into the swap cache, out of the page cache, whose slots keep the entry as a value.</summary>
    public static async Op Out(Cpu cpu, int index)
    {
        int pfn = await PageCache.GetEntry(cpu, PageCache.Shmem, index);
        if (pfn < 0) return;
        Folio folio = cpu.PfnFolio(pfn);
        if (await FolioReferences.TryLock(cpu, folio, Step.ShmemOut))
        {
            if (await cpu.Load(folio.Head.Mapping, Step.ShmemOut) == PageCache.MappingAddress(PageCache.Shmem)) await OutLocked(cpu, folio);
            await FolioReferences.Unlock(cpu, folio);
        }
        await FolioReferences.Put(cpu, folio);
    }

    private static async Op OutLocked(Cpu cpu, Folio folio)
    {
        int order = await PageCache.OrderOf(cpu, folio, Step.ShmemOut);
        await FileMemory.UnmapAll(cpu, folio, PageCache.Shmem, order);
        if (!await SwapCache.Add(cpu, folio, order)) return;
        int entry = SwapCache.EntryOf(await cpu.Load(folio.Head.Private, Step.ShmemOut));
        await PageCache.Remove(cpu, PageCache.Shmem, folio, order, XArray.Value(entry));
    }

    /// <summary><c>shmem_swapin_folio</c>: back into the file, where its slots still hold the entry, and out of the swap cache.</summary>
    public static async Op In(Cpu cpu, int index)
    {
        ulong value = await XArray.Load(cpu, PageCache.Shmem, index, Step.ShmemIn);
        if (!XArray.IsValue(value)) return;
        int pfn = await SwapCache.LockFolio(cpu, XArray.ValueOf(value));
        if (pfn < 0) return;
        Folio folio = cpu.PfnFolio(pfn);
        int order = await PageCache.OrderOf(cpu, folio, Step.ShmemIn);
        int first = index & ~((1 << order) - 1);
        bool unmapped = (await cpu.Load(folio.Head.Mapping, Step.ShmemIn)) == 0;
        if (unmapped && XArray.ValueOf(value) == SwapCache.EntryOf(await cpu.Load(folio.Head.Private, Step.ShmemIn))
            && await PageCache.Insert(cpu, PageCache.Shmem, first, order, folio, value))
            await SwapCache.Delete(cpu, folio, order);
        await PageCache.Release(cpu, folio);
    }
}
