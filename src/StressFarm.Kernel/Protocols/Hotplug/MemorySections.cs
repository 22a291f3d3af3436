namespace StressFarm.Kernel.Protocols;

/// <summary>
/// mem_section (spec 1.9; <c>mm/sparse.c</c>, <c>include/linux/mmzone.h</c>). Scaled down: a section is tracked in four parts, and
/// the machine's memory is four sections of system memory and one of device memory.
/// </summary>
public static class MemorySections
{
    public const int Subsections = Geometry.Subsections;
    public const ulong AllSubsections = SectionFlag.AllSubsections;

    public static int Of(KernelMachine machine, int pfn) =>
        pfn >= machine.Geometry.DeviceBase ? machine.Arena.SystemSections : pfn >> machine.Arena.SectionOrder;

    public static int First(KernelMachine machine, int section) =>
        section == machine.Arena.SystemSections ? machine.Geometry.DeviceBase : section << machine.Arena.SectionOrder;

    public static int Pages(KernelMachine machine, int section) =>
        section == machine.Arena.SystemSections ? machine.Arena.DevicePages : 1 << machine.Arena.SectionOrder;

    /// <summary>
    /// <c>pfn_to_online_page</c>, true when there is one: the section's flags, then its usage, which another CPU may be about to
    /// free: the caller is inside rcu_read_lock().
    /// </summary>
    public static async Op<bool> IsOnline(Cpu cpu, int pfn)
    {
        int section = Of(cpu.Machine, pfn);
        ulong map = await cpu.Load(cpu.Cells.SectionMap(section), Step.OnlineCheck);
        const ulong there = SectionFlag.HasMemMap | SectionFlag.Online;
        if ((map & there) != there) return false;
        int life = cpu.Ghost.UsageLife(section); // of the section that was seen to be valid
        if (await cpu.Load(cpu.Cells.SectionUsage(section), Step.OnlineCheck) == 0) return false;
        ulong bits = await cpu.Load(cpu.Cells.SubsectionMap(section), Step.OnlineCheck);
        if (cpu.Ghost.UsageLife(section) != life) cpu.TellOfNone(MomentKind.FreedUsageRead, First(cpu.Machine, section), (ulong)section);
        int part = (pfn - First(cpu.Machine, section)) * Subsections / Pages(cpu.Machine, section);
        return (bits >> part & 1) != 0;
    }

    /// <summary>
    /// <c>mm/sparse-vmemmap.c:section_deactivate</c> for some parts of a section, in the order that readers rely on: the bits; when none is
    /// left "has a memmap" and, a grace period later, the usage; then the memmap. v7.3 frees the usage by kfree_rcu() and takes
    /// the memmap away at once; here both wait for the readers, which is what makes pfn_to_online_page() safe.
    /// </summary>
    public static async Op Deactivate(Cpu cpu, int section, int firstPart, int parts)
    {
        ulong bits = ((1UL << parts) - 1) << firstPart;
        bool empty = (await cpu.AndNot(cpu.Cells.SubsectionMap(section), bits, Step.SectionClear) & ~bits) == 0;
        if (empty)
        {
            await cpu.AndNot(cpu.Cells.SectionMap(section), SectionFlag.HasMemMap, Step.SectionClear);
            cpu.Ghost.WithdrawUsage(section); // kfree_rcu()
            await cpu.Store(cpu.Cells.SectionUsage(section), 0, Step.SectionFree);
        }
        await GracePeriods.SynchronizeRcu(cpu);
        if (empty) cpu.Ghost.FreeUsage(section);
        cpu.TellOfNone(MomentKind.MemmapGoes, First(cpu.Machine, section), (ulong)section, bits);
        // depopulate_section_memmap()
        int size = Pages(cpu.Machine, section) / Subsections, first = First(cpu.Machine, section) + firstPart * size;
        cpu.Machine.RemovedPages += cpu.Ghost.RemoveMemmap(cpu, first, parts * size);
        if (empty) await cpu.Store(cpu.Cells.SectionMap(section), 0, Step.SectionFree);
    }

    /// <summary>
    /// <c>section_activate</c> and <c>memmap_init_range</c>: the memmap of a whole section, page by page; nobody can find it yet.
    /// </summary>
    public static async Op Activate(Cpu cpu, int section)
    {
        bool device = section == cpu.Machine.Arena.SystemSections;
        int first = First(cpu.Machine, section), pages = Pages(cpu.Machine, section);
        cpu.Machine.RemovedPages -= cpu.Ghost.PopulateMemmap(first, pages, device ? Owner.DevFree : Owner.Offline);
        await InitMemmap(cpu, first, pages, device);
        await cpu.Store(cpu.Cells.SubsectionMap(section), AllSubsections, Step.SectionAdd);
        await cpu.Store(cpu.Cells.SectionUsage(section), 1, Step.SectionAdd);
        await cpu.Store(cpu.Cells.SectionMap(section), SectionFlag.Present | SectionFlag.HasMemMap | (device ? SectionFlag.TaintZoneDevice : 0), Step.SectionAdd);
    }

    /// <summary><c>memmap_init_range</c>, or <c>memmap_init_zone_device</c>: every word of the pages as at boot.</summary>
    public static async Op InitMemmap(Cpu cpu, int first, int pages, bool device)
    {
        for (int pfn = first; pfn < first + pages; pfn++)
        {
            var page = new Page(pfn);
            ulong self = cpu.Memory.AddressOf(page.Lru);
            await cpu.Burst(page.Flags, Step.SectionAdd);
            cpu.Poke(page.Flags, device ? PageFlag.ZoneDevice | PageFlag.Reserved : PageFlag.ZoneNormal);
            cpu.Poke(page.Info, device ? Boot.PgmapAddress : self);
            cpu.Poke(page.Prev, device ? 0 : self);
            cpu.Poke(page.Mapping, 0);
            cpu.Poke(page.Index, 0);
            cpu.Poke(page.Private, 0);
            cpu.Poke(page.Mapcount, uint.MaxValue);
            cpu.Poke(page.Refcount, 0);
            cpu.Poke(page.MemcgData, 0);
        }
    }
}
