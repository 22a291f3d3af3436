namespace StressFarm.Kernel.Machines;

/// <summary>The state a schedule starts from, laid down without steps: free memory in the buddy, device memory mapped.</summary>
public static class Boot
{
    /// <summary>The address of the machine's one <c>struct dev_pagemap</c>.</summary>
    public const ulong PgmapAddress = 0xffff_8881_0000_0000;

    internal static void Prepare(KernelMachine machine)
    {
        LaySystem(machine);
        LayDevice(machine);
        if (machine.Arena.Hotplug) LaySections(machine);
    }

    /// <summary>Sections that are all there: system memory online, device memory mapped by one pgmap.</summary>
    private static void LaySections(KernelMachine m)
    {
        for (int section = 0; section < m.Arena.SystemSections; section++)
            LaySection(m, section, SectionFlag.Present | SectionFlag.HasMemMap | SectionFlag.Online);
        if (m.Arena.DeviceOrder < 0) return;
        LaySection(m, m.Arena.SystemSections, SectionFlag.Present | SectionFlag.HasMemMap | SectionFlag.TaintZoneDevice);
        m.Lay(m.Cells.PgmapArray, PgmapAddress);
    }

    private static void LaySection(KernelMachine m, int section, ulong flags)
    {
        m.Lay(m.Cells.SectionMap(section), flags);
        m.Lay(m.Cells.SectionUsage(section), 1);
        m.Lay(m.Cells.SubsectionMap(section), SectionFlag.AllSubsections);
    }

    /// <summary>The sections and the pgmap are as at boot: all there, or none on a memory that neither comes nor goes.</summary>
    internal static bool HasSections(KernelMachine m)
    {
        Cells cells = m.Cells;
        int system = m.Arena.SystemSections, sections = m.Arena.Hotplug ? system + (m.Arena.DeviceOrder < 0 ? 0 : 1) : 0;
        for (int section = 0; section < Geometry.MaxSections; section++)
        {
            ulong flags = section >= sections ? 0
                : SectionFlag.Present | SectionFlag.HasMemMap | (section < system ? SectionFlag.Online : SectionFlag.TaintZoneDevice);
            (ulong, ulong, ulong) expected = flags == 0 ? default : (flags, 1UL, SectionFlag.AllSubsections);
            if ((m.Memory[cells.SectionMap(section)], m.Memory[cells.SectionUsage(section)], m.Memory[cells.SubsectionMap(section)]) != expected) return false;
        }
        return m.Memory[cells.PgmapArray] == (sections > system ? PgmapAddress : 0) && m.Memory[cells.PgmapDead] == 0;
    }

    /// <summary>Empty list heads, the same for every schedule and so part of the pristine memory.</summary>
    internal static void PrepareListHeads(KernelMachine m)
    {
        for (int order = 0; order <= Geometry.MaxOrder; order++) LayEmpty(m, m.Cells.FreeArea(order));
        for (int cpu = 0; cpu < m.Cpus.Length; cpu++)
            for (int order = 0; order < Geometry.PcpOrders; order++) LayEmpty(m, m.Cells.Pcp(cpu, order));
        LayEmpty(m, m.Cells.DeferredHead);
        LayEmpty(m, m.Cells.SlabPartial);
        for (int memcg = 1; memcg < Geometry.MaxMemcgs; memcg++) LayEmpty(m, m.Cells.DeferredHeadOf(memcg));
        for (int cpu = 0; cpu < m.Cpus.Length; cpu++) LayEmpty(m, m.Cells.ShrinkHead(cpu));
        for (int order = 0; order <= Geometry.MaxOrder; order++) LayEmpty(m, m.Cells.IsolatedArea(order));
        for (int hstate = 0; hstate < 2; hstate++)
        {
            LayEmpty(m, m.Cells.HugetlbFree(hstate));
            LayEmpty(m, m.Cells.HugetlbActive(hstate));
        }
    }

    private static void LayEmpty(KernelMachine m, Word head)
    {
        ulong self = m.Memory.AddressOf(head);
        m.Memory.SetPristine(head, self);
        m.Memory.SetPristine(new Word(head.Index + 1), self);
    }

    /// <summary><c>mm/mm_init.c:__init_single_page</c>, then the blocks on free_area as <c>__free_pages_core</c> leaves them.</summary>
    private static void LaySystem(KernelMachine m)
    {
        int pages = m.Arena.SystemPages;
        m.Ghost.Lay(0, pages, Owner.Buddy);
        m.Memory.LayPages(pages, PageFlag.ZoneNormal);
        int order = Math.Min(m.Arena.SystemOrder, m.Arena.LargestBlock);
        Word head = m.Cells.FreeArea(order);
        Word last = head;
        for (int pfn = 0; pfn < pages; pfn += 1 << order)
        {
            var page = new Page(pfn);
            m.Lay(page.Private, (ulong)order);
            m.Lay(page.Type, PageType.Buddy);
            m.Lay(last, m.Memory.AddressOf(page.Lru));
            m.Lay(page.Prev, m.Memory.AddressOf(last));
            m.Lay(page.Info, m.Memory.AddressOf(head));
            m.Lay(new Word(head.Index + 1), m.Memory.AddressOf(page.Lru));
            last = page.Lru;
        }
    }

    /// <summary><c>mm/mm_init.c:__init_zone_device_page</c> for MEMORY_DEVICE_PRIVATE: refcount 0, pgmap set, reserved.</summary>
    private static void LayDevice(KernelMachine m)
    {
        if (m.Arena.DeviceOrder < 0) return;
        int first = m.Geometry.DeviceBase;
        m.Ghost.Lay(first, m.Arena.DevicePages, Owner.DevFree);
        for (int pfn = first; pfn < first + m.Arena.DevicePages; pfn++)
        {
            var page = new Page(pfn);
            m.Lay(page.Flags, PageFlag.ZoneDevice | PageFlag.Reserved);
            m.Lay(page.Pgmap, PgmapAddress);
        }
    }
}
