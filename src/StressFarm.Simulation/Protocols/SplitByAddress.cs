namespace StressFarm.Simulation;

/// <summary>
/// Splitting what is mapped at an address, as <c>mm/huge_memory.c:split_huge_pages_pid</c> does: a reference under the page
/// table lock, trylock, split, unlock, put.
/// </summary>
public static class SplitByAddress
{
    public static async Op Run(Cpu cpu, int mm, int slot, int newOrder, bool uniform)
    {
        Cells cells = cpu.Machine.Cells;
        Word ptl = cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        await cpu.Lock(ptl, Step.PtlLock);
        int page = await PageAt(cpu, mm, slot);
        int head = page < 0 ? -1 : await CompoundPages.PageFolio(cpu, cpu.Ghost.Token(page), Step.S1);
        if (head < 0)
        {
            await cpu.Unlock(ptl, Step.PtlUnlock);
            return;
        }
        Folio folio = cpu.Ghost.FolioToken(head); // mapped, under the lock
        await FolioReferences.Get(cpu, folio, 1, Step.S1);
        await cpu.Unlock(ptl, Step.PtlUnlock);
        if (await FolioReferences.TryLock(cpu, folio, Step.S1))
        {
            SplitResult result = await FolioSplit.Split(cpu, folio, new SplitShape(newOrder, page, uniform), lockAt: page);
            if (result == SplitResult.Done)
            {
                // The lock and the reference are now on the part that holds the page.
                head = await CompoundPages.PageFolio(cpu, new Page(page), Step.S14);
                folio = cpu.Ghost.FolioToken(head);
            }
            await FolioReferences.Unlock(cpu, folio, Step.S14);
        }
        await FolioReferences.Put(cpu, folio);
    }

    private static async Op<int> PageAt(Cpu cpu, int mm, int slot)
    {
        Cells cells = cpu.Machine.Cells;
        var pmd = new PageTableEntry(await cpu.Load(cells.Pmd(mm, AnonMemory.TableOf(cpu, slot)), Step.S1));
        if (pmd.IsPresent || pmd.IsDevicePrivate) return pmd.Pfn + (slot & ((1 << cpu.Machine.Arena.PmdOrder) - 1));
        var pte = new PageTableEntry(await cpu.Load(cells.Pte(mm, slot), Step.S1));
        return (pte.IsPresent && !pte.IsSpecial) || pte.IsDevicePrivate ? pte.Pfn : -1;
    }
}
