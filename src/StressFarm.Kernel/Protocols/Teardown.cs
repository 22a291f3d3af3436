namespace StressFarm.Kernel.Protocols;

/// <summary>
/// After a programme: everything is unmapped, given back and drained, so that what is left over is a leak. Runs on the
/// set-up CPU, alone.
/// </summary>
public static class Teardown
{
    public static Op Run(Cpu cpu) => Run(cpu, drain: true);

    /// <param name="drain">false leaves the CPUs' lists of free pages as they are, for a next schedule on the same memory</param>
    public static async Op Run(Cpu cpu, bool drain)
    {
        for (int at = 0; (at = NextHandle(cpu.Machine, at)) >= 0; at++) await Release(cpu, at / Handles.Capacity, at % Handles.Capacity);
        for (int mm = 0; mm < Geometry.MaxMms; mm++) await UnmapAll(cpu, mm);
        if (cpu.Machine.Arena.HasHugetlb) await HugetlbTeardown.Run(cpu);
        await Caches(cpu);
        Word blocks = cpu.Cells.Pageblock(0);
        for (int i = -1; (i = cpu.Memory.NextUsed(blocks, i + 1, Geometry.MaxPageblocks)) >= 0;)
            await cpu.Store(cpu.Cells.Pageblock(i), Migratetype.Movable, Step.IsolateBlock);
        if (cpu.Machine.Arena.Hotplug) await BringBack(cpu);
        for (int i = 0; i < cpu.Machine.Cpus.Length; i++)
            if (drain || i == cpu.Number) await BuddyAllocator.DrainPcp(cpu, i);
    }

    /// <summary>The first handle in use from number <paramref name="from"/> on, the CPUs' tables one after the other; -1 when there is none.</summary>
    private static int NextHandle(KernelMachine machine, int from)
    {
        for (int at = from; at < machine.Cpus.Length * Handles.Capacity; at++)
            if (machine.Cpus[at / Handles.Capacity].Handles[at % Handles.Capacity].Kind != HandleKind.None) return at;
        return -1;
    }

    /// <summary>All sections, and the device memory, as they were.</summary>
    private static async Op BringBack(Cpu cpu)
    {
        for (int section = 0; section < cpu.Machine.Arena.SystemSections; section++) await MemoryOffline.Online(cpu, section);
        if (cpu.Machine.Arena.DevicePages > 0) await PgmapLife.Remap(cpu);
    }

    /// <summary>Files end and swap is switched off; not a step where nothing was cached.</summary>
    private static async Op Caches(Cpu cpu)
    {
        for (int mapping = 0; mapping < PageCache.Mappings; mapping++)
            if (cpu.Memory[cpu.Cells.ISize(mapping)] != 0 || cpu.Memory.NextUsed(cpu.Cells.XaSlot(mapping, 0), 0, PageCache.Slots) >= 0)
                await FileTruncate.Run(cpu, mapping, 0);
        for (int entry = -1; (entry = cpu.Memory.NextUsed(cpu.Cells.SwapSlot(0), entry + 1, SwapCache.Slots)) >= 0;)
            await SwapCache.Free(cpu, entry, anonymous: false);
        if (cpu.Memory[cpu.Cells.PgmapType] == 0) return;
        for (int entry = 0; entry < FsDax.Entries; entry++) await FsDax.Truncate(cpu, entry);
        await cpu.Store(cpu.Cells.PgmapType, 0, Step.Memremap);
    }

    private static async Op UnmapAll(Cpu cpu, int mm)
    {
        Word pmds = cpu.Cells.Pmd(mm, 0), ptes = cpu.Cells.Pte(mm, 0);
        for (int table = -1; (table = cpu.Memory.NextUsed(pmds, table + 1, Geometry.MaxTables)) >= 0;)
            await Zap.Slot(cpu, mm, table << cpu.Machine.Arena.PmdOrder);
        for (int slot = -1; (slot = cpu.Memory.NextUsed(ptes, slot + 1, Geometry.SlotsPerMm)) >= 0;)
            await Zap.Slot(cpu, mm, slot);
    }

    /// <summary>Gives one handle back in the way of its kind. The references become the set-up CPU's first.</summary>
    private static Op Release(Cpu cpu, int ofCpu, int slot)
    {
        Handle handle = cpu.Machine.Cpus[ofCpu].Handles[slot];
        cpu.Machine.Cpus[ofCpu].Handles[slot] = default;
        return HandleRelease.Run(cpu, handle, ofCpu);
    }
}
