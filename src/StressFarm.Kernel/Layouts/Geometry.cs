namespace StressFarm.Kernel.Layouts;

/// <summary>
/// What a machine has room for: fixed when it is built. A schedule then uses a part of it, its <see cref="Arena"/>.
/// </summary>
/// <param name="Pages">pages of the section, a power of two from 32 to 32768; the upper half is ZONE_DEVICE</param>
/// <param name="MaxCpus">CPUs it can run, 1 to 8; one more runs set-up and teardown</param>
public sealed record Geometry(int Pages = 32768, int MaxCpus = 8)
{
    public const int MinPages = 32;
    public const int MaxPages = 32768;
    public const int CpuLimit = StepMachine.CpuLimit;
    public const int MaxOrder = 10;
    public const int MaxMms = 3;
    /// <summary>Page table slots of one mm.</summary>
    public const int SlotsPerMm = 1024;
    /// <summary>Page tables (and so page table locks and PMD entries) of one mm.</summary>
    public const int MaxTables = 64;
    public const int PcpOrders = 4;
    public const int MaxMemcgs = 2;
    /// <summary>Pageblocks whose migratetype is kept, from pfn 0 on.</summary>
    public const int MaxPageblocks = 256;
    /// <summary>Sections of system memory and the one of device memory.</summary>
    public const int MaxSections = 8;
    /// <summary>A section is tracked in four parts: 64 on x86-64.</summary>
    public const int Subsections = 4;
    /// <summary>Inodes with a page cache.</summary>
    public const int Mappings = 2;
    /// <summary>Page cache indexes of one mapping.</summary>
    public const int CacheSlots = 32;
    /// <summary>Swap entries in all.</summary>
    public const int SwapSlots = 32;
    /// <summary>DAX entries in all.</summary>
    public const int DaxEntries = 4;

    /// <summary>First pfn of the ZONE_DEVICE half.</summary>
    public int DeviceBase => Pages / 2;
    /// <summary>The largest order either half can hold.</summary>
    public int LargestOrder => Math.Min(MaxOrder, int.Log2(Pages / 2));
}

/// <summary>The part of the machine one schedule uses; drawn from the seed.</summary>
/// <param name="SystemOrder">the buddy allocator starts with 2^SystemOrder free pages at pfn 0</param>
/// <param name="DeviceOrder">the driver starts with 2^DeviceOrder free device pages; -1 for none</param>
/// <param name="PmdOrder">pages that a PMD entry maps, as an order: 9 on x86-64, smaller to step it exactly</param>
/// <param name="ExactOrder">largest order whose tails are stepped one by one; above it a step is one vmemmap page</param>
/// <param name="Memcgs">memory control groups, 1 or 2; the mms are members in turn</param>
/// <param name="SectionOrder">pages of a section that can be taken offline, as an order: 15 on x86-64; 0 when memory neither comes nor goes</param>
/// <param name="HugeOrder">order of hugetlb folios; 0 for a machine without hugetlb and without memory failures</param>
/// <param name="VmemmapOrder">struct pages of one vmemmap page, as an order: 6 on x86-64, smaller so that small folios span several</param>
public readonly record struct Arena(int Cpus, int SystemOrder, int DeviceOrder, int PmdOrder, int ExactOrder = 4, int Memcgs = 1, int SectionOrder = 0, int HugeOrder = 0, int VmemmapOrder = 6)
{
    /// <summary>The order that a hugetlb folio is demoted to.</summary>
    public int DemotedOrder => HugeOrder - 1;
    /// <summary>There is hugetlb, and pages fail.</summary>
    public bool HasHugetlb => HugeOrder > 0;

    /// <summary>System memory has this many sections, as an order, whatever its size.</summary>
    public const int SectionsOrder = 2;

    /// <summary>Memory comes and goes: there is a mem_section for every 2^SectionOrder pages, and one for device memory.</summary>
    public bool Hotplug => SectionOrder > 0;
    /// <summary>The largest order of a free block, which never crosses a section.</summary>
    public int LargestBlock => SectionOrder > 0 ? Math.Min(SectionOrder, Geometry.MaxOrder) : Geometry.MaxOrder;
    /// <summary>Sections of system memory; the section of device memory comes after them.</summary>
    public int SystemSections => SectionOrder > 0 ? SystemPages >> SectionOrder : 0;

    /// <summary>The same on a memory of another size: a memory that goes on keeps its own.</summary>
    public Arena Resized(int systemOrder, int deviceOrder) =>
        this with { SystemOrder = systemOrder, DeviceOrder = deviceOrder, SectionOrder = SectionOrder > 0 ? systemOrder - SectionsOrder : 0 };

    public int SystemPages => 1 << SystemOrder;
    public int DevicePages => DeviceOrder < 0 ? 0 : 1 << DeviceOrder;
}
