namespace StressFarm.Kernel.Protocols;

/// <summary>How each kind of handle is given back.</summary>
public static class HandleRelease
{
    /// <param name="ofCpu">the CPU that took it; its references pass to <paramref name="cpu"/></param>
    public static async Op Run(Cpu cpu, Handle handle, int ofCpu)
    {
        if (handle.Kind is HandleKind.FolioRef or HandleKind.LockedFolio or HandleKind.DriverPages or HandleKind.Block && ofCpu != cpu.Number)
            cpu.Ghost.HandOver(handle.Pfn, ofCpu, cpu.Number, 1);
        if (handle.Kind == HandleKind.PageRefs && ofCpu != cpu.Number)
            for (int i = 0; i < handle.Count; i++) cpu.Ghost.HandOver(handle.Pfn + i, ofCpu, cpu.Number, 1 + handle.Repeat);
        if (handle.Kind == HandleKind.MemfdFolio && ofCpu != cpu.Number) cpu.Ghost.HandOver(handle.Pfn, ofCpu, cpu.Number, 1);
        switch (handle.Kind)
        {
            case HandleKind.MemfdFolio:
                await HugetlbFiles.Close(cpu, handle);
                break;
            case HandleKind.VmemmapFrames:
                await cpu.Add(cpu.Cells.VmemmapFrames, handle.Count, Step.HvoFrames);
                break;
            case HandleKind.FolioRef:
                await FolioReferences.Put(cpu, handle.Folio);
                break;
            case HandleKind.LockedFolio:
                cpu.Ghost.HandLock(handle.Pfn, cpu.Number);
                await FolioReferences.Unlock(cpu, handle.Folio);
                await FolioReferences.Put(cpu, handle.Folio);
                break;
            case HandleKind.DriverPages:
                await DriverMemory.Free(cpu, handle);
                break;
            case HandleKind.Pin:
                await GupPut.UnpinUserPages(cpu, handle);
                break;
            case HandleKind.PageRefs:
                await GupPut.PutPages(cpu, handle);
                break;
            case HandleKind.OpaqueRefs:
                await OpaqueHolder.Release(cpu, handle);
                break;
            case HandleKind.Slab or HandleKind.LargeKmalloc:
                for (int i = 0; i < handle.Count; i++) await SlabMemory.Kfree(cpu, handle.Page, handle.Pfn);
                break;
            case HandleKind.Block:
                await BuddyAllocator.FreePages(cpu, handle.Page, handle.Order);
                break;
        }
    }
}
