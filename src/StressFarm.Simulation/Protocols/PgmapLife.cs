namespace StressFarm.Simulation;

/// <summary>
/// The end of a pgmap (spec 3.16; <c>mm/memremap.c:memunmap_pages</c>) and those who look it up (<c>get_dev_pagemap</c>). The driver
/// stops handing out memory and evicts first. Where the kernel waits for the last page, an attempt ends, and a later one goes on.
/// </summary>
public static class PgmapLife
{
    private const ulong Dead = 1, Unmapping = 2;
    /// <summary>The pgmap has two ranges in one section, so that the first is removed from a section that stays.</summary>
    private const int Ranges = 2;

    public static async Op Memunmap(Cpu cpu)
    {
        Machine machine = cpu.Machine;
        Cells cells = machine.Cells;
        if (!await cpu.TryLock(cells.PgmapDead, Step.MemunmapKill, Unmapping)) return;
        if (await cpu.Load(cells.PgmapArray, Step.MemunmapKill) != 0)
        {
            await cpu.Lock(cells.DriverLock, Step.V1);
            machine.Driver.Closed = true;
            await cpu.Unlock(cells.DriverLock, Step.V3);
            // percpu_ref_kill(): the count is one word only after a grace period.
            await cpu.Or(cells.PgmapDead, Dead, Step.MemunmapKill);
            await GracePeriods.SynchronizeRcu(cpu);
            for (int pfn = machine.Geometry.DeviceBase, end = pfn + machine.Arena.DevicePages; pfn < end;) pfn += await MigrationCallers.Evict(cpu, pfn);
            if (await AllReturned(cpu)) await Unmap(cpu);
        }
        await cpu.Unlock(cells.PgmapDead, Step.MemunmapExit, Unmapping);
    }

    /// <summary>wait_for_completion(&amp;pgmap->done), as far as it can be without waiting: the driver has everything back, and so has the count.</summary>
    private static async Op<bool> AllReturned(Cpu cpu)
    {
        Cells cells = cpu.Machine.Cells;
        await cpu.Lock(cells.DriverLock, Step.V1);
        bool returned = cpu.Machine.Driver.Outstanding == 0;
        await cpu.Unlock(cells.DriverLock, Step.V3);
        return await cpu.Load(cells.PgmapRef, Step.MemunmapWait) == 0 && returned;
    }

    /// <summary><c>pageunmap_range</c> of both ranges, then nobody finds the pgmap, and a grace period later its count goes.</summary>
    private static async Op Unmap(Cpu cpu)
    {
        Cells cells = cpu.Machine.Cells;
        cpu.Judge.Raise(MomentKind.MemunmapGoesOn, cpu, cpu.Machine.Geometry.DeviceBase, Ghost.NoObject);
        bool early = cpu.Policy.Has(Deviation.PgmapRefExitsFirst);
        if (early) await Exit(cpu);
        await cpu.Lock(cells.HotplugLock, Step.HotplugLock);
        const int parts = MemorySections.Subsections / Ranges;
        for (int range = 0; range < Ranges; range++)
            await MemorySections.Deactivate(cpu, cpu.Machine.Arena.SystemSections, range * parts, parts);
        await cpu.Unlock(cells.HotplugLock, Step.HotplugUnlock);
        await cpu.Store(cells.PgmapArray, 0, Step.PgmapDelete);
        await GracePeriods.SynchronizeRcu(cpu);
        if (!early) await Exit(cpu);
    }

    /// <summary>percpu_ref_exit(): the count's memory is freed.</summary>
    private static async Op Exit(Cpu cpu)
    {
        await cpu.Yield(Step.MemunmapExit);
        cpu.Ghost.PgmapRefGone = true;
    }

    /// <summary><c>get_dev_pagemap</c>: found under rcu_read_lock(), and percpu_ref_tryget_live().</summary>
    public static async Op<bool> Get(Cpu cpu)
    {
        Cells cells = cpu.Machine.Cells;
        cpu.InRcu = true;
        bool live = await cpu.Load(cells.PgmapArray, Step.PgmapGet) != 0;
        if (live)
        {
            live = (await cpu.Load(cells.PgmapDead, Step.PgmapGet) & Dead) == 0;
            UseRef(cpu);
        }
        if (live)
        {
            await cpu.Add(cells.PgmapRef, 1, Step.PgmapGet);
            UseRef(cpu);
        }
        cpu.InRcu = false;
        return live;
    }

    public static async Op Put(Cpu cpu)
    {
        await cpu.Add(cpu.Machine.Cells.PgmapRef, -1, Step.PgmapPut);
        UseRef(cpu);
    }

    private static void UseRef(Cpu cpu)
    {
        if (cpu.Ghost.PgmapRefGone) cpu.Judge.Raise(MomentKind.PgmapRefGone, cpu, cpu.Machine.Geometry.DeviceBase, Ghost.NoObject);
    }

    /// <summary>memremap_pages() of the same memory, for the teardown: nobody else runs.</summary>
    public static async Op Remap(Cpu cpu)
    {
        Machine machine = cpu.Machine;
        Cells cells = machine.Cells;
        machine.Driver.Closed = false;
        if (await cpu.Load(cells.PgmapDead, Step.Memremap) != 0) await cpu.Store(cells.PgmapDead, 0, Step.Memremap);
        if (await cpu.Load(cells.PgmapArray, Step.Memremap) != 0) return;
        await MemorySections.Activate(cpu, machine.Arena.SystemSections);
        await ForgetLists(cpu);
        await cpu.Store(cells.PgmapArray, Boot.PgmapAddress, Step.Memremap);
        cpu.Ghost.PgmapRefGone = false;
    }

    /// <summary>The links of the driver's lists were in the pages; it starts anew.</summary>
    public static async Op ForgetLists(Cpu cpu)
    {
        Word heads = cpu.Machine.Cells.DriverHeads;
        cpu.Machine.Driver.Carved = false;
        await cpu.Store(heads, 0, Step.Memremap);
        await cpu.Store(new Word(heads.Index + 1), 0, Step.Memremap);
    }
}
