namespace StressFarm.Kernel.Protocols;

/// <summary>
/// A page table that several mms share for a hugetlb mapping (<c>mm/hugetlb.c:huge_pmd_share</c>, <c>huge_pmd_unshare</c>). The
/// last to leave destroys it and what it maps. Who is last is told by a count of its own (pt_share_count, here in
/// the table's word 32); before Z19 by the refcount, which anybody may raise who finds the page by its pfn.
/// </summary>
public static class SharedPageTable
{
    /// <summary>An mm's pud leads to the table from now on; the first one makes it and maps a folio of the pool.</summary>
    public static async Op Share(Cpu cpu, int mm)
    {
        await cpu.Lock(cpu.Cells.SharedLock, Step.PmdShare);
        ulong puds = await cpu.Load(cpu.Cells.SharedPuds, Step.PmdShare);
        if ((puds >> mm & 1) == 0)
        {
            bool there = puds == 0 ? await Make(cpu) : await Join(cpu);
            if (there) await cpu.Store(cpu.Cells.SharedPuds, puds | 1UL << mm, Step.PmdShare);
        }
        await cpu.Unlock(cpu.Cells.SharedLock, Step.PmdShare);
    }

    private static async Op<bool> Make(Cpu cpu)
    {
        int pfn = await BuddyAllocator.AllocPages(cpu, 0, Alloc.Plain, Owner.PageTable);
        if (pfn < 0) return false;
        var table = new Page(pfn);
        await cpu.Store(table.Type, PageType.Table, Step.PmdShare);
        await cpu.Store(table.Index, 0, Step.PmdShare);
        cpu.Ghost.PublishAt(cpu, pfn);
        cpu.Ghost.ThreadToOther(cpu, pfn, 1);
        await cpu.Store(cpu.Cells.SharedTable, (ulong)pfn + 1, Step.PmdShare);
        int folio = await HugetlbPool.Allocate(cpu, 0);
        if (folio < 0) return true;
        cpu.Ghost.ThreadToOther(cpu, folio, 1);
        await cpu.Store(cpu.Cells.SharedEntry, (ulong)folio + 1, Step.PmdShare);
        return true;
    }

    private static async Op<bool> Join(Cpu cpu)
    {
        Page table = await Table(cpu, Step.PmdShare);
        if (cpu.Policy.PmdSharers == PmdSharers.Count)
        {
            await cpu.Add(table.Index, 1, Step.PmdShare);
            return true;
        }
        await FolioReferences.Get(cpu, new Folio(table.Pfn), 1, Step.PmdShare);
        cpu.Ghost.ThreadToOther(cpu, table.Pfn, 1);
        return true;
    }

    private static async Op<Page> Table(Cpu cpu, Step step) => new((int)await cpu.Load(cpu.Cells.SharedTable, step) - 1);

    /// <summary>An mm unmaps the range: it leaves a table that others use, or destroys it.</summary>
    public static async Op Unshare(Cpu cpu, int mm)
    {
        await cpu.Lock(cpu.Cells.SharedLock, Step.PmdUnshare);
        ulong puds = await cpu.Load(cpu.Cells.SharedPuds, Step.PmdUnshare);
        if ((puds >> mm & 1) == 0)
        {
            await cpu.Unlock(cpu.Cells.SharedLock, Step.PmdUnshare);
            return;
        }
        Page table = await Table(cpu, Step.PmdUnshare);
        bool byRefcount = cpu.Policy.PmdSharers == PmdSharers.Refcount;
        bool shared = byRefcount ? await cpu.Load(table.Refcount, Step.PmdUnshare) > 1 : await cpu.Load(table.Index, Step.PmdUnshare) != 0;
        await cpu.Store(cpu.Cells.SharedPuds, puds & ~(1UL << mm), Step.PmdUnshare);
        int mapped = -1;
        if (!shared)
        {
            mapped = (int)await cpu.Load(cpu.Cells.SharedEntry, Step.PmdUnshare) - 1;
            await cpu.Store(cpu.Cells.SharedEntry, 0, Step.PmdUnshare);
            await cpu.Store(cpu.Cells.SharedTable, 0, Step.PmdUnshare);
            await cpu.Store(table.Type, PageType.None, Step.PmdUnshare); // pagetable_dtor()
        }
        else if (!byRefcount)
        {
            await cpu.Add(table.Index, -1, Step.PmdUnshare);
        }
        if (!shared || byRefcount)
        {
            cpu.Ghost.ThreadToOther(cpu, table.Pfn, -1);
            await FolioReferences.Put(cpu, new Folio(table.Pfn), 1, Step.PmdUnshare);
        }
        await cpu.Unlock(cpu.Cells.SharedLock, Step.PmdUnshare);
        if (mapped < 0) return;
        cpu.Ghost.ThreadToOther(cpu, mapped, -1);
        await FolioReferences.Put(cpu, new Folio(mapped));
    }
}
