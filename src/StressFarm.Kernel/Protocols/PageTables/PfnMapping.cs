namespace StressFarm.Kernel.Protocols;

/// <summary>MAP=PFNMAP (spec 4.3): driver memory mapped by pfn. The page tables hold nothing of it, so its end is the driver's to announce.</summary>
public static class PfnMapping
{
    /// <summary><c>mm/memory.c:remap_pfn_range</c>, <c>vmf_insert_pfn</c> at one slot: a special entry, no reference, no rmap.</summary>
    public static async Op Remap(Cpu cpu, int mm, int slot, int pfn)
    {
        Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        await cpu.Lock(ptl, Step.PtlLock);
        if (await AnonMemory.RangeIsNone(cpu, mm, slot, 1))
            await cpu.Store(cpu.Cells.Pte(mm, slot), PageTableEntry.Present(pfn, special: true).Raw, Step.SetPte);
        await cpu.Unlock(ptl, Step.PtlUnlock);
    }

    /// <summary>
    /// <c>mm/memory.c:unmap_mapping_range</c>, before the memory is freed. Which VMAs to visit is the driver's own bookkeeping, and
    /// no step; a driver that does not (planted) leaves user space with memory that is somebody else's.
    /// </summary>
    public static async Op Revoke(Cpu cpu, int pfn, int pages)
    {
        if (cpu.Policy.Has(Deviation.PfnmapWithoutRevoke)) return;
        for (int mm = 0; mm < Geometry.MaxMms; mm++)
        {
            Word ptes = cpu.Cells.Pte(mm, 0);
            for (int slot = -1; (slot = cpu.Memory.NextUsed(ptes, slot + 1, Geometry.SlotsPerMm)) >= 0;)
            {
                var entry = new PageTableEntry(cpu.Memory[cpu.Cells.Pte(mm, slot)]);
                if (entry.IsSpecial && entry.Pfn >= pfn && entry.Pfn < pfn + pages) await Zap.Slot(cpu, mm, slot);
            }
        }
    }
}
