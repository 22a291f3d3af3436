namespace StressFarm.Kernel.Protocols;

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
        if (!await cpu.TryLock(cpu.Cells.PgmapDead, Step.MemunmapKill, Unmapping)) return;
        if (await cpu.Load(cpu.Cells.PgmapArray, Step.MemunmapKill) != 0)
        {
            await cpu.Lock(cpu.Cells.DriverLock, Step.V1);
            cpu.Machine.Driver.Closed = true;
            await cpu.Unlock(cpu.Cells.DriverLock, Step.V3);
            // percpu_ref_kill(): the count is one word only after a grace period.
            await cpu.Or(cpu.Cells.PgmapDead, Dead, Step.MemunmapKill);
            await GracePeriods.SynchronizeRcu(cpu);
            for (int pfn = cpu.Machine.Geometry.DeviceBase, end = pfn + cpu.Machine.Arena.DevicePages; pfn < end;) pfn += await MigrationCallers.Evict(cpu, pfn);
            if (await AllReturned(cpu)) await Unmap(cpu);
        }
        await cpu.Unlock(cpu.Cells.PgmapDead, Step.MemunmapExit, Unmapping);
    }

    /// <summary>wait_for_completion(&amp;pgmap->done), as far as it can be without waiting: the driver has everything back, and so has the count.</summary>
    private static async Op<bool> AllReturned(Cpu cpu)
    {
        await cpu.Lock(cpu.Cells.DriverLock, Step.V1);
        bool returned = cpu.Machine.Driver.Outstanding == 0;
        await cpu.Unlock(cpu.Cells.DriverLock, Step.V3);
        return await cpu.Load(cpu.Cells.PgmapRef, Step.MemunmapWait) == 0 && returned;
    }

    /// <summary><c>pageunmap_range</c> of both ranges, then nobody finds the pgmap, and a grace period later its count goes.</summary>
    private static async Op Unmap(Cpu cpu)
    {
        cpu.TellOfNone(MomentKind.MemunmapGoesOn, cpu.Machine.Geometry.DeviceBase);
        bool early = cpu.Policy.Has(Deviation.PgmapRefExitsFirst);
        if (early) await Exit(cpu);
        await cpu.Lock(cpu.Cells.HotplugLock, Step.HotplugLock);
        const int parts = MemorySections.Subsections / Ranges;
        for (int range = 0; range < Ranges; range++)
            await MemorySections.Deactivate(cpu, cpu.Machine.Arena.SystemSections, range * parts, parts);
        await cpu.Unlock(cpu.Cells.HotplugLock, Step.HotplugUnlock);
        await cpu.Store(cpu.Cells.PgmapArray, 0, Step.PgmapDelete);
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
        cpu.InRcu = true;
        bool live = await cpu.Load(cpu.Cells.PgmapArray, Step.PgmapGet) != 0;
        if (live)
        {
            live = (await cpu.Load(cpu.Cells.PgmapDead, Step.PgmapGet) & Dead) == 0;
            UseRef(cpu);
        }
        if (live)
        {
            await cpu.Add(cpu.Cells.PgmapRef, 1, Step.PgmapGet);
            UseRef(cpu);
        }
        cpu.InRcu = false;
        return live;
    }

    public static async Op Put(Cpu cpu)
    {
        await cpu.Add(cpu.Cells.PgmapRef, -1, Step.PgmapPut);
        UseRef(cpu);
    }

    private static void UseRef(Cpu cpu)
    {
        if (cpu.Ghost.PgmapRefGone) cpu.TellOfNone(MomentKind.PgmapRefGone, cpu.Machine.Geometry.DeviceBase);
    }

    /// <summary>memremap_pages() of the same memory, for the teardown: nobody else runs.</summary>
    public static async Op Remap(Cpu cpu)
    {
        cpu.Machine.Driver.Closed = false;
        if (await cpu.Load(cpu.Cells.PgmapDead, Step.Memremap) != 0) await cpu.Store(cpu.Cells.PgmapDead, 0, Step.Memremap);
        if (await cpu.Load(cpu.Cells.PgmapArray, Step.Memremap) != 0) return;
        await MemorySections.Activate(cpu, cpu.Machine.Arena.SystemSections);
        await ForgetLists(cpu);
        await cpu.Store(cpu.Cells.PgmapArray, Boot.PgmapAddress, Step.Memremap);
        cpu.Ghost.PgmapRefGone = false;
    }

    /// <summary>The links of the driver's lists were in the pages; it starts anew.</summary>
    public static async Op ForgetLists(Cpu cpu)
    {
        Word heads = cpu.Cells.DriverHeads;
        cpu.Machine.Driver.Carved = false;
        await cpu.Store(heads, 0, Step.Memremap);
        await cpu.Store(new Word(heads.Index + 1), 0, Step.Memremap);
    }
}
