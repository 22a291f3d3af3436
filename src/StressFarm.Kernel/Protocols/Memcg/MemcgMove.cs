namespace StressFarm.Kernel.Protocols;

/// <summary>
/// A folio's charge moves to another memory control group (<c>mm/memcontrol-v1.c:mem_cgroup_move_account</c>, up to v6.12), and
/// with it the deferred split list that the folio would go to. A folio that is on a list stays where it is.
/// </summary>
public static class MemcgMove
{
    public static async Op Run(Cpu cpu, int mm, int slot, int memcg)
    {
        int page = await SplitByAddress.GetPage(cpu, mm, slot);
        if (page < 0) return;
        int head = await CompoundPages.PageFolio(cpu, new Page(page), Step.MoveAccount);
        Folio folio = cpu.PfnFolio(head);
        if (await FolioReferences.TryLock(cpu, folio, Step.MoveAccount))
        {
            if (await SplitByAddress.Isolate(cpu, folio))
            {
                await MoveAccount(cpu, folio, memcg);
                await FolioReferences.LruAdd(cpu, folio);
            }
            await FolioReferences.Unlock(cpu, folio, Step.MoveAccount);
        }
        await FolioReferences.Put(cpu, folio, 1, Step.MoveAccount);
    }

    private static async Op MoveAccount(Cpu cpu, Folio folio, int memcg)
    {
        int order = await DeviceMemory.Order(cpu, folio, Step.MoveAccount);
        if (order <= 1)
        {
            await cpu.Store(folio.Head.MemcgData, AnonMemory.MemcgAddress(memcg), Step.MoveAccount);
            return;
        }
        int from = await DeferredSplit.LockList(cpu, folio, Step.MoveAccount);
        bool queued = await cpu.Load(folio.DeferredList, Step.MoveAccount) != cpu.Memory.AddressOf(folio.DeferredList);
        if (!queued) await cpu.Store(folio.Head.MemcgData, AnonMemory.MemcgAddress(memcg), Step.MoveAccount);
        await cpu.Unlock(cpu.Cells.DeferredLockOf(from), Step.MoveAccount);
    }
}
