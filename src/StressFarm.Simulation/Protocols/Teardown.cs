namespace StressFarm.Simulation;

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
        Machine machine = cpu.Machine;
        for (int i = 0; i < machine.Cpus.Length; i++)
            for (int slot = 0; slot < Handles.Capacity; slot++)
                if (machine.Cpus[i].Handles[slot].Kind != HandleKind.None)
                    await Release(cpu, i, slot);
        for (int mm = 0; mm < Geometry.MaxMms; mm++) await UnmapAll(cpu, mm);
        if (machine.Arena.HasHugetlb) await HugetlbTeardown.Run(cpu);
        await Caches(cpu);
        Word blocks = machine.Cells.Pageblock(0);
        for (int i = -1; (i = machine.Memory.NextUsed(blocks, i + 1, Geometry.MaxPageblocks)) >= 0;)
            await cpu.Store(machine.Cells.Pageblock(i), Migratetype.Movable, Step.IsolateBlock);
        if (machine.Arena.Hotplug) await BringBack(cpu);
        for (int i = 0; i < machine.Cpus.Length; i++)
            if (drain || i == cpu.Number) await BuddyAllocator.DrainPcp(cpu, i);
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
        Cells cells = cpu.Machine.Cells;
        MemMap memory = cpu.Machine.Memory;
        for (int mapping = 0; mapping < PageCache.Mappings; mapping++)
            if (memory[cells.ISize(mapping)] != 0 || memory.NextUsed(cells.XaSlot(mapping, 0), 0, PageCache.Slots) >= 0)
                await FileTruncate.Run(cpu, mapping, 0);
        for (int entry = -1; (entry = memory.NextUsed(cells.SwapSlot(0), entry + 1, SwapCache.Slots)) >= 0;)
            await SwapCache.Free(cpu, entry, anonymous: false);
        if (memory[cells.PgmapType] == 0) return;
        for (int entry = 0; entry < FsDax.Entries; entry++) await FsDax.Truncate(cpu, entry);
        await cpu.Store(cells.PgmapType, 0, Step.Memremap);
    }

    private static async Op UnmapAll(Cpu cpu, int mm)
    {
        Cells cells = cpu.Machine.Cells;
        MemMap memory = cpu.Machine.Memory;
        Word pmds = cells.Pmd(mm, 0), ptes = cells.Pte(mm, 0);
        for (int table = -1; (table = memory.NextUsed(pmds, table + 1, Geometry.MaxTables)) >= 0;)
            await Zap.Slot(cpu, mm, table << cpu.Machine.Arena.PmdOrder);
        for (int slot = -1; (slot = memory.NextUsed(ptes, slot + 1, Geometry.SlotsPerMm)) >= 0;)
            await Zap.Slot(cpu, mm, slot);
    }

    /// <summary>Gives one handle back in the way of its kind. The references become the set-up CPU's first.</summary>
    private static async Op Release(Cpu cpu, int ofCpu, int slot)
    {
        Handle handle = cpu.Machine.Cpus[ofCpu].Handles[slot];
        cpu.Machine.Cpus[ofCpu].Handles[slot] = default;
        await HandleRelease.Run(cpu, handle, ofCpu);
    }
}
