namespace StressFarm.Kernel.Layouts;

/// <summary>A page table entry as a 64-bit cell (spec 1.10): none, present, migration or device-private; at PTE or PMD level.</summary>
public readonly record struct PageTableEntry(ulong Raw)
{
    private const ulong PresentBit = 1, WriteBit = 2, SpecialBit = 4, MigrationBit = 8, DevicePrivateBit = 16, ExclusiveBit = 32, CollapseBit = 64,
        HugetlbBit = 128;
    private const int PfnShift = 12;

    public static PageTableEntry None => default;
    /// <summary>
    /// A PMD entry that is none while khugepaged has its table in hand: an entry of 0 stands for a table, whether there is one
    /// or not.
    /// </summary>
    public static PageTableEntry Collapsing => new(CollapseBit);
    public static PageTableEntry Present(int pfn, bool write = true, bool special = false) =>
        new(((ulong)pfn << PfnShift) | PresentBit | (write ? WriteBit : 0) | (special ? SpecialBit : 0));
    /// <summary>An entry of a hugetlb VMA, at PMD level: whoever has the VMA knows.</summary>
    public static PageTableEntry Hugetlb(int pfn) => new(((ulong)pfn << PfnShift) | PresentBit | WriteBit | HugetlbBit);
    /// <param name="exclusive">the page was AnonExclusive when the entry was made</param>
    public static PageTableEntry Migration(int pfn, bool write, bool exclusive) =>
        new(((ulong)pfn << PfnShift) | MigrationBit | (write ? WriteBit : 0) | (exclusive ? ExclusiveBit : 0));
    public static PageTableEntry DevicePrivate(int pfn, bool write = true) => new(((ulong)pfn << PfnShift) | DevicePrivateBit | (write ? WriteBit : 0));

    public bool IsNone => Raw == 0;
    public bool IsPresent => (Raw & PresentBit) != 0;
    public bool IsWrite => (Raw & WriteBit) != 0;
    public bool IsSpecial => (Raw & SpecialBit) != 0;
    public bool IsMigration => (Raw & MigrationBit) != 0;
    public bool IsDevicePrivate => (Raw & DevicePrivateBit) != 0;
    public bool IsCollapsing => (Raw & CollapseBit) != 0;
    public bool IsHugetlb => (Raw & HugetlbBit) != 0;
    public bool IsExclusive => (Raw & ExclusiveBit) != 0;
    public int Pfn => (int)(Raw >> PfnShift);

    public override string ToString() => IsNone ? "none" : IsCollapsing ? "none, its table in khugepaged's hands"
        : $"{(IsPresent ? "present" : IsMigration ? "migration" : "device-private")} pfn {Pfn}{(IsWrite ? " w" : "")}{(IsSpecial ? " special" : "")}";
}
