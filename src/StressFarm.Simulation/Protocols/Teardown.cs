namespace StressFarm.Simulation;

/// <summary>
/// After a programme: everything is unmapped, given back and drained, so that what is left over is a leak. Runs on the
/// set-up CPU, alone.
/// </summary>
public static class Teardown
{
    public static async Op Run(Cpu cpu)
    {
        Machine machine = cpu.Machine;
        for (int i = 0; i < machine.Cpus.Length; i++)
            for (int slot = 0; slot < Handles.Capacity; slot++)
                await Release(cpu, i, slot);
        for (int mm = 0; mm < Geometry.MaxMms; mm++) await UnmapAll(cpu, mm);
        for (int i = 0; i < machine.Cpus.Length; i++) await BuddyAllocator.DrainPcp(cpu, i);
    }

    private static async Op UnmapAll(Cpu cpu, int mm)
    {
        Cells cells = cpu.Machine.Cells;
        for (int table = 0; table < Geometry.MaxTables; table++)
            if (cpu.Peek(cells.Pmd(mm, table)) != 0)
                await Zap.Slot(cpu, mm, table << cpu.Machine.Arena.PmdOrder);
        for (int slot = 0; slot < Geometry.SlotsPerMm; slot++)
            if (cpu.Peek(cells.Pte(mm, slot)) != 0)
                await Zap.Slot(cpu, mm, slot);
    }

    /// <summary>Gives one handle back in the way of its kind. The references become the set-up CPU's first.</summary>
    private static async Op Release(Cpu cpu, int ofCpu, int slot)
    {
        Handle handle = cpu.Machine.Cpus[ofCpu].Handles[slot];
        if (handle.Kind == HandleKind.None) return;
        cpu.Machine.Cpus[ofCpu].Handles[slot] = default;
        await HandleRelease.Run(cpu, handle, ofCpu);
    }
}
