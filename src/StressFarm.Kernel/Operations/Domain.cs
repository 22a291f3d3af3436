namespace StressFarm.Kernel.Operations;

/// <summary>
/// What kind of value an argument is, and which values there are on a given arena. A call may have others: an operation cuts
/// what is too much, and does nothing where its premises do not hold.
/// </summary>
/// <param name="name">the kind, in the kernel's word where there is one</param>
/// <param name="extent">which values there are, in words</param>
public abstract class Domain(string name, string extent)
{
    public string Name => name;
    public string Extent => extent;

    /// <summary>The values there are in a schedule of this arena; none where it has not what they are about.</summary>
    public abstract Values In(in Arena arena);

    public abstract string Format(int value);

    /// <summary>Reads a value as <see cref="Format"/> writes it, whatever the arena.</summary>
    public abstract bool TryParse(string text, out int value);

    /// <summary>What may be written on this arena, for a reader who wrote something else.</summary>
    public virtual string Choices(in Arena arena)
    {
        Values values = In(arena);
        return values.IsEmpty ? "there is none on this arena" : $"it is {Format(values.Low)} to {Format(values.High)}";
    }

    /// <summary>Slots of an mm that have a page table.</summary>
    internal static int SlotsOf(in Arena arena) => Math.Min(Geometry.SlotsPerMm, Geometry.MaxTables << arena.PmdOrder);

    public static Domain Mm { get; } = new NumberDomain("mm", $"0 to {Geometry.MaxMms - 1}", arena => new(0, Geometry.MaxMms - 1));
    public static Domain Slot { get; } = new NumberDomain("slot", $"page table slots of an mm: 0 to {Geometry.SlotsPerMm - 1}, in at most {Geometry.MaxTables} tables",
        arena => new(0, SlotsOf(arena) - 1));
    public static Domain Table { get; } = new NumberDomain("table", $"page tables of an mm: 0 to {Geometry.MaxTables - 1}, as far as there are slots",
        arena => new(0, Math.Min(Geometry.MaxTables, Geometry.SlotsPerMm >> arena.PmdOrder) - 1));
    public static Domain Pfn { get; } = new NumberDomain("pfn", "pages of system memory, from 0", arena => new(0, arena.SystemPages - 1));
    public static Domain DevicePage { get; } = new NumberDomain("device page", "pages of device memory, from 0", arena => new(0, arena.DevicePages - 1));
    public static Domain Pageblock { get; } = new NumberDomain("pageblock", "pageblocks of system memory, from 0",
        arena => new(0, Math.Min(Geometry.MaxPageblocks, arena.SystemPages >> arena.PmdOrder) - 1));
    public static Domain Section { get; } = new NumberDomain("section", "sections of system memory, from 0, where memory comes and goes",
        arena => new(0, arena.SystemSections - 1));
    public static Domain Order { get; } = new NumberDomain("order", "0 to the order of system memory",
        arena => new(0, Math.Min(Geometry.MaxOrder, arena.SystemOrder)));
    public static Domain DeviceOrder { get; } = new NumberDomain("device order", "0 to the order of device memory", arena => new(0, arena.DeviceOrder));
    public static Domain Handle { get; } = new NumberDomain("handle", $"handles of the CPU: 0 to {Handles.Capacity - 1}", arena => new(0, Handles.Capacity - 1));
    public static Domain HandleOrNone { get; } = new NumberDomain("handle or none", $"a handle, or none", arena => new(-1, Handles.Capacity - 1), "none");
    /// <summary>How many slots, from one on.</summary>
    public static Domain Slots { get; } = new NumberDomain("slots", $"1 to {Geometry.SlotsPerMm}", arena => new(1, SlotsOf(arena)));
    /// <summary>How many pages of system memory, from one on.</summary>
    public static Domain Pages { get; } = new NumberDomain("pages", "1 to the pages of system memory", arena => new(1, arena.SystemPages));
    /// <summary>How many pages of device memory, from one on.</summary>
    public static Domain DevicePages { get; } = new NumberDomain("device pages", "1 to the pages of device memory", arena => new(1, arena.DevicePages));
    public static Domain Memcg { get; } = new NumberDomain("memcg", "the arena's memory control groups, from 0", arena => new(0, arena.Memcgs - 1));
    public static Domain Mapping { get; } = new NumberDomain("mapping", $"files: 0 to {PageCache.Mappings - 1}, of which {PageCache.Shmem} is shmem",
        arena => new(0, PageCache.Mappings - 1));
    public static Domain Index { get; } = new NumberDomain("index", $"pages of a file: 0 to {PageCache.Slots - 1}", arena => new(0, PageCache.Slots - 1));
    public static Domain FileSize { get; } = new NumberDomain("size", $"0 to {PageCache.Slots} pages", arena => new(0, PageCache.Slots));
    public static Domain SwapEntry { get; } = new NumberDomain("swap entry", $"0 to {SwapCache.Slots - 1}", arena => new(0, SwapCache.Slots - 1));
    public static Domain DaxEntry { get; } = new NumberDomain("DAX entry", $"0 to {FsDax.Entries - 1}", arena => new(0, FsDax.Entries - 1));
    public static Domain DaxPage { get; } = new NumberDomain("page or all", $"a page of a DAX entry, 0 to {FsDax.SlotOf(1) - FsDax.SlotOf(0) - 1}, or all",
        arena => new(-1, FsDax.SlotOf(1) - FsDax.SlotOf(0) - 1), "all");
    public static Domain Hstate { get; } = new NumberDomain("hstate", "where there is hugetlb 0 for large folios, 1 for those that demotion makes", arena => new(0, arena.HasHugetlb ? 1 : -1));
    public static Domain Flag { get; } = new NumberDomain("flag", "1 for yes, 0 for no", arena => new(0, 1));

    /// <summary>A plain number of things.</summary>
    public static Domain Number(int low, int high) => new NumberDomain("number", $"{low} to {high}", arena => new(low, high));
}

/// <summary>The values of an argument that there are: all from one to another of which no bit lies outside of a mask.</summary>
public readonly record struct Values(int Low, int High, int Mask = -1)
{
    public bool IsEmpty => High < Low;
    public bool Contains(int value) => value >= Low && value <= High && (value & ~Mask) == 0;

    /// <summary>In rising order.</summary>
    public IEnumerable<int> All
    {
        get
        {
            for (int value = Low; value <= High; value++)
                if (Contains(value)) yield return value;
        }
    }
}
