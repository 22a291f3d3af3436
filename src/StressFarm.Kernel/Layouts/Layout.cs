namespace StressFarm.Kernel.Layouts;

/// <summary>
/// Where everything lives in the 64 bytes of <c>struct page</c> (spec 1.2–1.8; <c>include/linux/mm_types.h</c>).
/// Word numbers are offset / 8; a half is a 4-byte field, numbered offset / 4.
/// </summary>
public static class Layout
{
    public const int WordsPerPage = 8;
    public const int HalvesPerPage = 16;

    // Word numbers within one page.
    public const int Flags = 0;
    /// <summary>lru.next, compound_info, pgmap, slab_cache, buddy_list.next: one word, five users (spec 1.2).</summary>
    public const int Info = 1;
    /// <summary>lru.prev, zone_device_data, slab_list.next; on page[1] _large_mapcount and _nr_pages_mapped.</summary>
    public const int Prev = 2;
    /// <summary>mapping, slab_list.prev; on page[1] _entire_mapcount and _pincount.</summary>
    public const int Mapping = 3;
    public const int Index = 4;
    public const int Private = 5;
    /// <summary>_mapcount or page_type in the low half, _refcount in the high half.</summary>
    public const int Counts = 6;
    /// <summary>memcg_data; on page[1] the low half is _nr_pages.</summary>
    public const int Memcg = 7;

    /// <summary>_refcount's part of the word <see cref="Counts"/>.</summary>
    public const ulong RefcountBits = 0xffff_ffff_0000_0000;

    // Halves within one page.
    public const int MapcountHalf = 12;
    public const int RefcountHalf = 13;

    /// <summary>x86-64 vmemmap base; naturally aligned, as ENC=MASK needs (spec 1.6, 2).</summary>
    public const ulong VmemmapBase = 0xffff_ea00_0000_0000;
    /// <summary>Where everything that is no struct page (list heads, locks, page tables) has its address.</summary>
    public const ulong CellBase = 0xffff_8880_0000_0000;

    public const ulong ListPoison1 = 0xdead_0000_0000_0100;
    public const ulong ListPoison2 = 0xdead_0000_0000_0122;
    public const ulong TailMapping = 0xdead_0000_0000_0400;

    /// <summary>FOLIO_MAPPING_ANON: low bit of mapping.</summary>
    public const ulong MappingAnon = 1;

    private static readonly string[] s_names = ["flags", "compound_info", "lru.prev", "mapping", "index", "private", "", "memcg_data"];

    /// <summary>A half's field in the head or order-0 view; halves are numbered within the page.</summary>
    public static string NameOf(int half) => half switch
    {
        MapcountHalf => "_mapcount",
        RefcountHalf => "_refcount",
        _ => s_names[half / 2],
    };

    /// <summary>GUP_PIN_COUNTING_BIAS (spec 1.5).</summary>
    public const int PinBias = 1024;

    /// <summary>FOLIO_PAGES_MAPPED_MASK's complement: added once to _nr_pages_mapped while the folio is entirely mapped.</summary>
    public const int EntirelyMapped = 0x80_0000;
}

/// <summary>Flag bits of <c>page->flags</c> (spec 1.3), as masks.</summary>
public static class PageFlag
{
    public const ulong Locked = 1UL << 0;
    public const ulong Writeback = 1UL << 1;
    public const ulong Referenced = 1UL << 2;
    public const ulong Uptodate = 1UL << 3;
    public const ulong Dirty = 1UL << 4;
    public const ulong Lru = 1UL << 5;
    public const ulong Head = 1UL << 6;
    public const ulong Waiters = 1UL << 7;
    public const ulong Active = 1UL << 8;
    public const ulong Workingset = 1UL << 9;
    public const ulong OwnerPriv1 = 1UL << 10;
    /// <summary>owner_priv_1: PG_swapcache on swap-backed folios.</summary>
    public const ulong SwapCache = OwnerPriv1;
    /// <summary>owner_2: PG_anon_exclusive on anonymous pages.</summary>
    public const ulong AnonExclusive = 1UL << 11;
    public const ulong Arch1 = 1UL << 12;
    public const ulong Reserved = 1UL << 13;
    public const ulong PrivateBit = 1UL << 14;
    public const ulong Private2 = 1UL << 15;
    public const ulong Reclaim = 1UL << 16;
    public const ulong Swapbacked = 1UL << 17;
    public const ulong Unevictable = 1UL << 18;
    public const ulong Dropbehind = 1UL << 19;
    public const ulong Mlocked = 1UL << 20;
    public const ulong HwPoison = 1UL << 21;
    public const ulong Young = 1UL << 22;
    public const ulong Idle = 1UL << 23;
    /// <summary>The first arch bit, which control borrows: memory_failure() holds a reference on this page.</summary>
    public const ulong HeldByPoison = 1UL << 24;

    /// <summary>All the flags below the zone bits.</summary>
    public const ulong AllFlags = (1UL << 26) - 1;

    // The second page of a compound page reuses the word (spec 1.3).
    public const ulong OrderMask = 0xff;
    public const ulong HasHwpoisoned = 1UL << 8;
    public const ulong LargeRmappable = 1UL << 9;
    public const ulong PartiallyMapped = 1UL << 16;
    public const ulong Second = OrderMask | HasHwpoisoned | LargeRmappable | PartiallyMapped;

    /// <summary>PAGE_FLAGS_CHECK_AT_FREE.</summary>
    public const ulong CheckAtFree = Locked | Lru | PrivateBit | Private2 | Writeback | Reserved | Active | Unevictable | Mlocked;
    /// <summary>PAGE_FLAGS_CHECK_AT_PREP: also the mask cleared at free and split.</summary>
    public const ulong CheckAtPrep = AllFlags & ~HwPoison;

    public const int ZoneShift = 62;
    public const ulong ZoneNormal = 2UL << ZoneShift;
    public const ulong ZoneDevice = 3UL << ZoneShift;
    public const ulong ZoneMask = 3UL << ZoneShift;
}

/// <summary>page_type values: the top byte of the word at offset 48 (spec 1.4).</summary>
public static class PageType
{
    public const uint None = 0xffff_ffff;
    public const uint Buddy = 0xf000_0000;
    public const uint Table = 0xf200_0000;
    public const uint Hugetlb = 0xf400_0000;
    public const uint Slab = 0xf500_0000;
    public const uint LargeKmalloc = 0xf800_0000;
    /// <summary>CMP=TYPE only: proposed, in no kernel.</summary>
    public const uint NotRmappable = 0xf900_0000;

    /// <summary><c>include/linux/page-flags.h:page_type_has_type</c>: a type, neither "no type" nor a mapcount.</summary>
    public static bool HasType(uint value) => (int)value < unchecked((int)0xff00_0000);

    public static bool Is(uint value, uint type) => value >> 24 == type >> 24;
}

/// <summary>Flags of a hugetlb folio, in <c>folio->private</c> (<c>include/linux/hugetlb.h:enum hugetlb_page_flags</c>).</summary>
public static class HugetlbFlag
{
    public const ulong Migratable = 1UL << 1;
    public const ulong Temporary = 1UL << 2;
    public const ulong Freed = 1UL << 3;
    public const ulong VmemmapOptimized = 1UL << 4;
}
