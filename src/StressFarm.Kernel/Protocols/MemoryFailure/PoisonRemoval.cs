namespace StressFarm.Kernel.Protocols;

/// <summary>
/// <c>mm/memory-failure.c:unpoison_memory</c>: a simulated failure is undone, and the reference that memory_failure() took is put. As read it
/// believes that every poisoned page has one; control keeps a mark of its own on those that do (PG_arch_1's neighbour), and
/// leaves large folios alone.
/// </summary>
public static class PoisonRemoval
{
    public static async Op Unpoison(Cpu cpu, int pfn)
    {
        await cpu.Lock(cpu.Cells.MfMutex, Step.MfLock);
        await UnpoisonLocked(cpu, new Page(pfn));
        await cpu.Unlock(cpu.Cells.MfMutex, Step.MfUnlock);
    }

    private static async Op UnpoisonLocked(Cpu cpu, Page page)
    {
        int head = await CompoundPages.PageFolio(cpu, page, Step.Unpoison);
        if (head < 0 || !await MayUnpoison(cpu, page, head)) return;
        bool hugetlb = await HugetlbTest.IsHugetlb(cpu, head, Step.Unpoison);
        if (hugetlb)
        {
            await UnpoisonHugetlb(cpu, page, head);
            return;
        }
        if (await cpu.Load(page.Private, Step.Unpoison) == TakenPages.TakenOff)
        {
            if (await cpu.Load(page.Refcount, Step.Unpoison) != 0) await TakenPages.PutBack(cpu, page.Pfn);
            return;
        }
        if (!await FolioReferences.TryGet(cpu, page, 1, Step.Unpoison)) return;
        bool mended = !cpu.Policy.UnpoisonsAll;
        ulong was = await cpu.AndNot(page.Flags, PageFlag.HwPoison | PageFlag.HeldByPoison, Step.Unpoison);
        bool held = (was & PageFlag.HwPoison) != 0 && (!mended || (was & PageFlag.HeldByPoison) != 0);
        await FolioReferences.Put(cpu, new Folio(page.Pfn), 1, Step.Unpoison);
        if (!held) return;
        if ((was & PageFlag.HeldByPoison) != 0) cpu.Ghost.ThreadToOther(cpu, page.Pfn, -1);
        cpu.Ghost.SetPoison(page.Pfn, Poison.None);
        await FolioReferences.Put(cpu, new Folio(page.Pfn), 1, Step.Unpoison);
    }

    /// <summary>The tests before anything is touched; Z27's fix is the first.</summary>
    private static async Op<bool> MayUnpoison(Cpu cpu, Page page, int head)
    {
        var folio = new Folio(head);
        if (await cpu.Load(cpu.Cells.HugeZeroFolio, Step.Unpoison) == (ulong)head + 1) return false;
        ulong flags = await cpu.Load(folio.Flags, Step.Unpoison);
        bool hugetlb = PageType.Is(await cpu.Load(folio.Head.Type, Step.Unpoison), PageType.Hugetlb);
        if (!hugetlb && (await cpu.Load(page.Flags, Step.Unpoison) & PageFlag.HwPoison) == 0) return false;
        if (hugetlb) return (flags & PageFlag.HwPoison) != 0;
        if ((int)await cpu.Load(folio.Refcount, Step.Unpoison) > 1) return false;
        if (PageType.HasType(await cpu.Load(folio.Head.Type, Step.Unpoison))) return false;
        bool large = (flags & PageFlag.Head) != 0;
        if (large && !cpu.Policy.UnpoisonsAll) return false;
        if ((int)await cpu.Load(large ? folio.LargeMapcount : folio.Head.Mapcount, Step.Unpoison) >= 0) return false;
        ulong mapping = await cpu.Load(folio.Head.Mapping, Step.Unpoison);
        return mapping == 0 || (mapping & Layout.MappingAnon) != 0;
    }

    /// <summary>folio_free_raw_hwp(), under hugetlb_lock so that the folio stays what it is; a folio in use is left alone.</summary>
    private static async Op UnpoisonHugetlb(Cpu cpu, Page page, int head)
    {
        var folio = new Folio(head);
        await HugetlbPool.Lock(cpu);
        bool free = await HugetlbTest.IsHugetlb(cpu, head, Step.Unpoison)
            && (await cpu.Load(folio.HugetlbFlags, Step.Unpoison) & HugetlbFlag.Freed) != 0;
        if (free)
        {
            int order = (int)(await cpu.Load(folio.SecondFlags, Step.Unpoison) & PageFlag.OrderMask);
            await cpu.AndNot(folio.HugetlbHwpoison, ulong.MaxValue, Step.Unpoison);
            await cpu.AndNot(folio.Flags, PageFlag.HwPoison, Step.Unpoison);
            for (int pfn = head; pfn < head + (1 << order); pfn++) cpu.Ghost.SetPoison(pfn, Poison.None);
        }
        await HugetlbPool.Unlock(cpu);
    }
}
