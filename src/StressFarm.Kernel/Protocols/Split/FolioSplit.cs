namespace StressFarm.Kernel.Protocols;

/// <summary>What a split returns, as the kernel's error numbers.</summary>
public enum SplitResult : byte
{
    Done,
    /// <summary>-EINVAL: not splittable to that order.</summary>
    Invalid,
    /// <summary>-EBUSY.</summary>
    Busy,
    /// <summary>-EAGAIN: somebody else holds a reference.</summary>
    Again,
}

/// <summary>
/// How a folio is to be split: every part to <paramref name="NewOrder"/>, or, not uniform, only the part with
/// <paramref name="SplitAt"/>, halving down to it.
/// </summary>
public readonly record struct SplitShape(int NewOrder, int SplitAt, bool Uniform);

/// <summary>
/// Splitting folios (spec 3.10; <c>mm/huge_memory.c</c>): anonymous ones, in the swap cache or not, and those of the page cache
/// (<see cref="FileSplit"/>). There is no memcg hierarchy.
/// </summary>
public static class FolioSplit
{
    /// <summary>
    /// <c>__folio_split</c>: S1..S14. The caller holds the folio lock and one reference. Afterwards every part is unlocked
    /// and put, but the one with page <paramref name="lockAt"/>, which carries the caller's lock and reference.
    /// </summary>
    public static async Op<SplitResult> Split(Cpu cpu, Folio folio, SplitShape shape, int lockAt)
    {
        cpu.Deref(folio);
        ulong flags = await cpu.Load(folio.Flags, Step.S2);
        if ((flags & PageFlag.Head) == 0) return SplitResult.Invalid;
        if ((flags & PageFlag.Writeback) != 0) return SplitResult.Busy;
        int order = (int)(await cpu.Load(folio.SecondFlags, Step.S2) & PageFlag.OrderMask);
        ulong mapping = await cpu.Load(folio.Head.Mapping, Step.S2);
        if (AnonMemory.MmOf(mapping) < 0) return await FileSplit.Split(cpu, folio, order, mapping, shape, lockAt);
        if (shape.NewOrder >= order || shape.NewOrder == 1) return SplitResult.Invalid;
        bool swap = (flags & PageFlag.SwapCache) != 0;
        if (swap && (shape.NewOrder != 0 || !shape.Uniform)) return SplitResult.Invalid;
        // folio_get_anon_vma() needs a mapped folio.
        if ((int)await cpu.Load(folio.LargeMapcount, Step.S3) < 0) return SplitResult.Busy;
        Word anonVma = cpu.Cells.AnonVmaRoot;
        await cpu.Lock(anonVma, Step.S3);
        cpu.Machine.Splits.Attempts++;
        SplitResult result = await SplitUnderAnonVma(cpu, folio, order, shape, lockAt, swap ? SplitCache.Swap : SplitCache.None);
        await cpu.Unlock(anonVma, Step.S3);
        return result;
    }

    private static async Op<SplitResult> SplitUnderAnonVma(Cpu cpu, Folio folio, int order, SplitShape shape, int lockAt, SplitCache cache)
    {
        if (!await CanSplit(cpu, folio, cache.Refs(1 << order))) return SplitResult.Again;
        await FolioUnmap.Unmap(cpu, folio, order);
        cpu.IrqsOff = true;
        bool split = await FolioSplitFrozen.FreezeAndSplit(cpu, folio, order, shape, doLru: true, cache);
        cpu.IrqsOff = false;
        if (!split)
        {
            await FolioUnmap.Remap(cpu, folio);
            return SplitResult.Again;
        }
        await RemapParts(cpu, folio.Pfn, order);
        await ReleaseParts(cpu, folio.Pfn, order, lockAt);
        return SplitResult.Done;
    }

    /// <summary>
    /// <c>folio_split_unmapped</c>: S4', S7..S13 for a folio that migration has unmapped. The parts stay locked, each with
    /// one reference of the caller's.
    /// </summary>
    public static async Op<SplitResult> SplitUnmapped(Cpu cpu, Folio folio, int newOrder)
    {
        cpu.Deref(folio);
        int order = (int)(await cpu.Load(folio.SecondFlags, Step.S2) & PageFlag.OrderMask);
        if (newOrder >= order || newOrder == 1) return SplitResult.Invalid;
        cpu.Machine.Splits.Attempts++;
        if (!await CanSplit(cpu, folio, 0)) return SplitResult.Again;
        cpu.IrqsOff = true;
        bool split = await FolioSplitFrozen.FreezeAndSplit(cpu, folio, order, new SplitShape(newOrder, folio.Pfn, true), doLru: false, SplitCache.None);
        cpu.IrqsOff = false;
        return split ? SplitResult.Done : SplitResult.Again;
    }

    /// <summary>S4: folio_expected_ref_count() == folio_ref_count() - 1, racy: mappings and what caches hold.</summary>
    internal static async Op<bool> CanSplit(Cpu cpu, Folio folio, int cacheRefs)
    {
        int expected = (int)await cpu.Load(folio.LargeMapcount, Step.S4) + 1 + cacheRefs;
        if (expected == (int)await cpu.Load(folio.Refcount, Step.S4) - 1) return true;
        cpu.Machine.Splits.AgainEarly++;
        return false;
    }

    private static async Op RemapParts(Cpu cpu, int pfn, int order)
    {
        for (int part = pfn; part < pfn + (1 << order);)
        {
            Folio folio = cpu.PfnFolio(part); // this CPU's own reference
            int next = await Next(cpu, part, Step.S14);
            await FolioUnmap.Remap(cpu, folio);
            part = next;
        }
    }

    internal static async Op ReleaseParts(Cpu cpu, int pfn, int order, int lockAt)
    {
        for (int part = pfn; part < pfn + (1 << order);)
        {
            int next = await Next(cpu, part, Step.S14);
            if (lockAt < part || lockAt >= next)
            {
                Folio folio = cpu.PfnFolio(part);
                await FolioReferences.Unlock(cpu, folio, Step.S14);
                await FolioReferences.Put(cpu, folio, 1, Step.S14);
            }
            part = next;
        }
    }

    /// <summary>folio_next(): the pfn after a folio's last page.</summary>
    internal static async Op<int> Next(Cpu cpu, int pfn, Step step)
    {
        var folio = new Folio(pfn);
        if ((await cpu.Load(folio.Flags, step) & PageFlag.Head) == 0) return pfn + 1;
        uint nrPages = await cpu.Load(folio.NrPages, step);
        cpu.Tell(MomentKind.NrPagesRead, pfn, nrPages, 1);
        return pfn + (int)nrPages;
    }
}
