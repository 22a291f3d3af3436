namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Somebody who holds very many references, by ways that are not modelled: vmsplice, io_uring, FUSE (CVE-2019-11487). It
/// brings a refcount near its overflow without the millions of grabs that this takes.
/// </summary>
public static class OpaqueHolder
{
    /// <summary>2^31 - 2^16.</summary>
    public const int References = int.MaxValue - 0xffff;

    /// <summary>Takes them on the folio mapped at a slot. Leaves no handle when nothing is mapped.</summary>
    public static async Op<Handle> Take(Cpu cpu, int mm, int slot)
    {
        Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        await cpu.Lock(ptl, Step.PtlLock);
        Handle handle = default;
        var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot), Step.ReadPte));
        if (pte.IsPresent)
        {
            int head = await CompoundPages.PageFolio(cpu, cpu.PfnToPage(pte.Pfn), Step.Get);
            Folio folio = cpu.PfnFolio(head);
            await FolioReferences.Get(cpu, folio, References);
            cpu.Ghost.ThreadToOther(cpu, head, References);
            handle = new Handle { Kind = HandleKind.OpaqueRefs, Pfn = head, Life = folio.Life, Count = References };
        }
        await cpu.Unlock(ptl, Step.PtlUnlock);
        return handle;
    }

    public static Op Release(Cpu cpu, Handle handle)
    {
        cpu.Ghost.ThreadToOther(cpu, handle.Pfn, -handle.Count);
        return FolioReferences.Put(cpu, handle.Folio, handle.Count);
    }
}
