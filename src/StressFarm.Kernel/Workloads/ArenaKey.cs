using System.Globalization;

namespace StressFarm.Kernel.Workloads;

/// <summary>One of the sizes of an arena, as data: how a programme that is written says it.</summary>
/// <param name="Name">a key of <c>arena:</c></param>
/// <param name="Low">the least that can be written</param>
/// <param name="High">the most</param>
/// <param name="Usual">what it is when nothing is said</param>
/// <param name="None">how <paramref name="Low"/> is written where it stands for nothing at all; empty where it does not</param>
public sealed record ArenaKey(string Name, string Meaning, int Low, int High, int Usual, Func<Arena, int> Get, Func<Arena, int, Arena> With, string None = "")
{
    /// <summary>In the order in which they are written.</summary>
    public static IReadOnlyList<ArenaKey> All { get; } =
    [
        new("system_order", "pages of system memory, as an order", 2, Geometry.MaxOrder, 4, a => a.SystemOrder, (a, v) => a with { SystemOrder = v }),
        new("device_order", "pages of device memory, as an order", -1, Geometry.MaxOrder, -1, a => a.DeviceOrder, (a, v) => a with { DeviceOrder = v }, "none"),
        new("pmd_order", "pages that a PMD entry maps, as an order", 2, 9, 3, a => a.PmdOrder, (a, v) => a with { PmdOrder = v }),
        new("memcgs", "memory control groups", 1, Geometry.MaxMemcgs, 1, a => a.Memcgs, (a, v) => a with { Memcgs = v }),
        // Whatever the memory's size, it has as many sections: last but for what stands by itself, since it goes by system_order.
        new("hotplug", "1 where system memory is sections that come and go", 0, 1, 0, a => a.Hotplug ? 1 : 0,
            (a, v) => a with { SectionOrder = v == 1 ? a.SystemOrder - Arena.SectionsOrder : 0 }),
        new("huge_order", "pages of a hugetlb folio, as an order; with them come hugetlb and pages that fail", 0, 9, 0, a => a.HugeOrder, (a, v) => a with { HugeOrder = v }, "none"),
        new("vmemmap_order", "struct pages of one vmemmap page, as an order", Cells.MinVmemmapOrder, 6, 6, a => a.VmemmapOrder, (a, v) => a with { VmemmapOrder = v }),
    ];

    public static ArenaKey? Find(string name) => All.FirstOrDefault(k => k.Name == name);

    /// <summary>The arena where nothing is said.</summary>
    public static Arena Default(int cpus) => All.Aggregate(new Arena(cpus, 0, -1, 0), (arena, key) => key.With(arena, key.Usual));

    public string Extent => string.Create(CultureInfo.InvariantCulture, $"{Format(Low)} to {High}");
    public string Format(int value) => value == Low && None.Length != 0 ? None : value.ToString(CultureInfo.InvariantCulture);

    public bool TryParse(string text, out int value)
    {
        value = Low;
        if (None.Length != 0 && text == None) return true;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= Low && value <= High;
    }

    /// <summary>Why the sizes do not go together; empty when they do.</summary>
    public static string Contradiction(in Arena arena)
    {
        if (arena.Hotplug && arena.SectionOrder < arena.PmdOrder)
            return $"a section has 2^{arena.SectionOrder} pages, a quarter of the memory: system_order is at least pmd_order + {Arena.SectionsOrder} with hotplug";
        if (!arena.HasHugetlb) return "";
        if (arena.Hotplug) return "hugetlb and sections that come and go are not modelled together: leave out hotplug or huge_order";
        if (arena.HugeOrder != arena.PmdOrder) return $"a hugetlb folio is as large as what a PMD entry maps: write pmd_order: {arena.HugeOrder}";
        if (arena.HugeOrder <= arena.VmemmapOrder) return $"a hugetlb folio has several vmemmap pages: vmemmap_order is below {arena.HugeOrder}";
        return arena.HugeOrder > arena.SystemOrder ? "a hugetlb folio does not fit into the memory: system_order is at least huge_order" : "";
    }
}
