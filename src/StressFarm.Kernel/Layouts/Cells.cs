namespace StressFarm.Kernel.Layouts;

/// <summary>Where everything shared that is no struct page lives: cell numbers, fixed by the geometry.</summary>
public sealed class Cells
{
    private int _next;
    private readonly int _pte;
    private readonly int _pmd;
    private readonly int _ptl;
    private readonly int _freeArea;
    private readonly int _pcp;
    private readonly int _first2;
    private readonly int _deferred2;
    private readonly int _shrink;
    private readonly int _readers;
    private readonly int _pageblocks;
    private readonly int _isolated;
    private readonly int _sections;
    private readonly int _inode;
    private readonly int _xaSlot;
    private readonly int _swap;
    private readonly int _dax;
    private readonly int _hugetlb;
    private readonly int _rcu;
    private readonly int _vmemmap;

    public Cells(Geometry geometry)
    {
        _next = geometry.Pages * Layout.WordsPerPage;
        int first = _next;
        ZoneLock = Take(8);
        LruvecLock = Take(8);
        DeferredLock = Take(8);
        DeferredHead = Take(8);
        PgmapRef = Take(8);
        DriverLock = Take(8);
        DriverHeads = Take(8);
        DriverBuddy = Take(8);
        PredecessorLock = Take(8);
        AnonVmaRoot = Take(8);
        SlabLock = Take(8);
        SlabPartial = Take(8);
        WriteProtectSeq = Take(8);
        _freeArea = Take((Geometry.MaxOrder + 1) * 2).Index;
        _pcp = Take((geometry.MaxCpus + 1) * Geometry.PcpOrders * 2).Index;
        _ptl = Take(Geometry.MaxMms * Geometry.MaxTables).Index;
        _pmd = Take(Geometry.MaxMms * Geometry.MaxTables).Index;
        _pte = Take(Geometry.MaxMms * Geometry.SlotsPerMm).Index;
        _first2 = _next;
        _deferred2 = Take((Geometry.MaxMemcgs - 1) * 8).Index;
        _shrink = Take((geometry.MaxCpus + 1) * 2).Index;
        _readers = Take(geometry.MaxCpus + 1).Index;
        _pageblocks = Take(Geometry.MaxPageblocks).Index;
        _isolated = Take((Geometry.MaxOrder + 1) * 2).Index;
        HotplugLock = Take(8);
        PgmapArray = Take(8);
        _sections = Take(Geometry.MaxSections * 8).Index;
        _inode = Take(Geometry.Mappings * 8).Index;
        _xaSlot = Take(Geometry.Mappings * Geometry.CacheSlots).Index;
        _swap = Take(8 + Geometry.SwapSlots).Index;
        _dax = Take(8 + Geometry.DaxEntries).Index;
        _hugetlb = Take(24).Index;
        _rcu = Take(geometry.MaxCpus + 1).Index;
        _vmemmap = Take(geometry.DeviceBase >> MinVmemmapOrder).Index;
        Count = _next - first;
    }

    /// <summary>Cells in all.</summary>
    public int Count { get; }

    /// <summary><c>zone->lock</c>.</summary>
    public Word ZoneLock { get; }
    /// <summary><c>lruvec->lru_lock</c>.</summary>
    public Word LruvecLock { get; }
    public Word DeferredLock { get; }
    /// <summary>Head of the deferred split list: next, prev.</summary>
    public Word DeferredHead { get; }
    /// <summary><c>pgmap->ref</c>, a percpu reference kept as one count.</summary>
    public Word PgmapRef { get; }
    /// <summary>The driver's own lock around its allocator.</summary>
    public Word DriverLock { get; }
    /// <summary>LIFO allocator: word 0 heads the list of order-0 pages, word 1 that of large folios, as addresses of struct pages.</summary>
    public Word DriverHeads { get; }
    /// <summary>Stands for the driver's buddy allocator, which lives outside struct page.</summary>
    public Word DriverBuddy { get; }
    /// <summary>DPM=ALLOC_PRED+LOCK: one lock per pgmap (spec 4.2).</summary>
    public Word PredecessorLock { get; }

    /// <summary><c>anon_vma->root->rwsem</c>, taken for write: all mms are one family, so there is one root.</summary>
    public Word AnonVmaRoot { get; }
    /// <summary>The anon_vma interval tree as a set: mms that were forked and so may share anonymous folios, one bit each.</summary>
    public Word AnonVmaTree => new(AnonVmaRoot.Index + 1);
    /// <summary><c>kmem_cache_node->list_lock</c>.</summary>
    public Word SlabLock { get; }
    /// <summary>List head of <c>kmem_cache_node->partial</c>: next, prev.</summary>
    public Word SlabPartial { get; }
    private Word WriteProtectSeq { get; }

    /// <summary><c>mm->write_protect_seq</c>: odd while a fork write-protects the mm's entries.</summary>
    public Word WriteProtectSeqOf(int mm) => new(WriteProtectSeq.Index + mm);
    /// <summary>List head of <c>free_area[order]</c>: next, prev.</summary>
    public Word FreeArea(int order) => new(_freeArea + order * 2);
    public Word Pcp(int cpu, int order) => new(_pcp + (cpu * Geometry.PcpOrders + order) * 2);
    public Word Ptl(int mm, int table) => new(_ptl + mm * Geometry.MaxTables + table);
    public Word Pmd(int mm, int table) => new(_pmd + mm * Geometry.MaxTables + table);
    public Word Pte(int mm, int slot) => new(_pte + mm * Geometry.SlotsPerMm + slot);

    /// <summary>The lock of a memory control group's deferred split list.</summary>
    public Word DeferredLockOf(int memcg) => memcg == 0 ? DeferredLock : new(_deferred2 + (memcg - 1) * 8);
    public Word DeferredHeadOf(int memcg) => memcg == 0 ? DeferredHead : new(_deferred2 + (memcg - 1) * 8 + 2);
    /// <summary>Head of the list that a shrinker on this CPU works through: next, prev. On the kernel's stack.</summary>
    public Word ShrinkHead(int cpu) => new(_shrink + cpu * 2);
    /// <summary>The CPUs that a CPU waits for, one bit each, until each has left the section it was in.</summary>
    public Word ReadersOf(int cpu) => new(_readers + cpu);
    /// <summary>The migratetype of a pageblock (<see cref="Migratetype"/>); a pageblock is as large as a PMD entry's range.</summary>
    public Word Pageblock(int number) => new(_pageblocks + number);
    /// <summary>List head of free blocks in isolated pageblocks.</summary>
    public Word IsolatedArea(int order) => new(_isolated + order * 2);
    /// <summary><c>mem_hotplug_lock</c>, taken for write.</summary>
    public Word HotplugLock { get; }
    /// <summary>The one entry of <c>pgmap_array</c>: the address of the pgmap, or 0.</summary>
    public Word PgmapArray { get; }
    /// <summary>1 once <c>pgmap->ref</c> is dead.</summary>
    public Word PgmapDead => new(PgmapArray.Index + 1);
    /// <summary><c>mem_section->section_mem_map</c>: flags (<see cref="SectionFlag"/>).</summary>
    public Word SectionMap(int section) => new(_sections + section * 8);
    /// <summary><c>mem_section->usage</c>: 1 where it points to the usage, or 0.</summary>
    public Word SectionUsage(int section) => new(_sections + section * 8 + 1);
    /// <summary><c>usage->subsection_map</c>.</summary>
    public Word SubsectionMap(int section) => new(_sections + section * 8 + 2);
    /// <summary><c>mapping->i_pages.xa_lock</c>.</summary>
    public Word XaLock(int mapping) => new(_inode + mapping * 8);
    /// <summary><c>mapping->i_mmap_rwsem</c>; its readers exclude each other here.</summary>
    public Word IMmap(int mapping) => new(_inode + mapping * 8 + 1);
    /// <summary><c>inode->i_size</c>, in pages.</summary>
    public Word ISize(int mapping) => new(_inode + mapping * 8 + 2);
    /// <summary><c>inode->i_rwsem</c>: truncations exclude each other.</summary>
    public Word InodeLock(int mapping) => new(_inode + mapping * 8 + 3);
    /// <summary>A slot of the xarray: what <see cref="XArray"/> says.</summary>
    public Word XaSlot(int mapping, int index) => new(_xaSlot + mapping * Geometry.CacheSlots + index);
    /// <summary>The lock of the one swap cluster.</summary>
    public Word SwapLock => new(_swap);
    /// <summary>An entry of the swap table: the folio in the swap cache, or 0.</summary>
    public Word SwapSlot(int entry) => new(_swap + 8 + entry);

    /// <summary><c>pgmap->type</c>: 1 for MEMORY_DEVICE_FS_DAX, 0 for MEMORY_DEVICE_PRIVATE. Set before anything runs.</summary>
    public Word PgmapType => new(_dax);
    /// <summary>What keeps two DAX entries of one folio apart: the file system's locks.</summary>
    public Word DaxShareLock => new(_dax + 1);
    /// <summary>A DAX entry: folio, order and its lock.</summary>
    public Word DaxEntry(int entry) => new(_dax + 8 + entry);

    // Hugetlb and memory failure. An hstate is 0 for the large folios, 1 for those that come of demotion.

    /// <summary>The least <see cref="Arena.VmemmapOrder"/>: the pages with folio fields stay private.</summary>
    public const int MinVmemmapOrder = 2;

    /// <summary><c>hugetlb_lock</c>.</summary>
    public Word HugetlbLock => new(_hugetlb);
    /// <summary><c>mf_mutex</c>: one memory failure at a time.</summary>
    public Word MfMutex => new(_hugetlb + 1);
    /// <summary>Page frames that optimised folios gave up and nobody else has taken: what a restore is fed from.</summary>
    public Word VmemmapFrames => new(_hugetlb + 2);
    /// <summary><c>huge_zero_folio</c>: its pfn + 1.</summary>
    public Word HugeZeroFolio => new(_hugetlb + 3);
    /// <summary>The shared hugetlb page table: its pfn + 1, where a pud of the owner leads.</summary>
    public Word SharedTable => new(_hugetlb + 4);
    /// <summary>The mms whose puds lead to the shared table, one bit each.</summary>
    public Word SharedPuds => new(_hugetlb + 5);
    /// <summary>What the shared table maps: a hugetlb folio's pfn + 1.</summary>
    public Word SharedEntry => new(_hugetlb + 6);
    /// <summary><c>i_mmap_rwsem</c> over the shared table's mappings.</summary>
    public Word SharedLock => new(_hugetlb + 7);
    /// <summary>List head of <c>hugepage_freelists</c>: next, prev.</summary>
    public Word HugetlbFree(int hstate) => new(_hugetlb + 8 + hstate * 8);
    /// <summary>List head of <c>hugepage_activelist</c>: next, prev.</summary>
    public Word HugetlbActive(int hstate) => new(_hugetlb + 10 + hstate * 8);
    public Word NrHugePages(int hstate) => new(_hugetlb + 12 + hstate * 8);
    public Word FreeHugePages(int hstate) => new(_hugetlb + 13 + hstate * 8);
    public Word SurplusHugePages(int hstate) => new(_hugetlb + 14 + hstate * 8);
    /// <summary>A CPU's RCU read-side section, as a bit that a grace period waits for.</summary>
    public Word RcuReader(int cpu) => new(_rcu + cpu);
    /// <summary>The entry of init_mm that maps a vmemmap page: 0 for a frame of its own, 1 + hstate read-only to the shared tail frame.</summary>
    public Word Vmemmap(int page) => new(_vmemmap + page);

    // What may hold something while nothing is under way.

    /// <summary>What sections and the pgmap are.</summary>
    internal bool IsSectionState(Word w) => w.Index >= PgmapArray.Index && w.Index < _sections + Geometry.MaxSections * 8;
    /// <summary>A word of a hugetlb list's head.</summary>
    internal bool IsHugetlbHead(Word w) => w.Index >= _hugetlb + 8 && w.Index < _hugetlb + 24 && ((w.Index - _hugetlb) & 7) < 4;

    /// <summary>A head of a list of free pages, the zone's or a CPU's.</summary>
    internal bool IsFreeList(Word w) => w.Index >= _freeArea && w.Index < _ptl;
    internal bool IsDriverHead(Word w) => IsHead(DriverHeads, w);
    internal bool IsForkSequence(Word w) => w.Index >= WriteProtectSeq.Index && w.Index < WriteProtectSeq.Index + Geometry.MaxMms;
    /// <summary>One of the two words of a list's head.</summary>
    internal bool IsHead(Word head, Word w) => w.Index >= head.Index && w.Index < head.Index + 2;

    /// <summary>What a cell is, for reports.</summary>
    public string NameOf(Word w)
    {
        int i = w.Index;
        if (i >= _hugetlb) return HugetlbNameOf(i);
        if (i >= _dax) return i >= _dax + 8 ? $"dax entry {i - _dax - 8}" : i == _dax ? "pgmap->type" : "dax share lock";
        if (i >= _swap) return i < _swap + 8 ? "swap cluster lock" : $"swap table[{i - _swap - 8}]";
        if (i >= _xaSlot) return $"i_pages[mapping {(i - _xaSlot) / Geometry.CacheSlots} index {(i - _xaSlot) % Geometry.CacheSlots}]";
        if (i >= _inode)
            return $"mapping {(i - _inode) / 8} {((i - _inode) % 8) switch { 0 => "xa_lock", 1 => "i_mmap_rwsem", 2 => "i_size", _ => "i_rwsem" }}";
        if (i >= _first2) return NameOfLater(i);
        if (i >= _pte) return $"pte[mm {(i - _pte) / Geometry.SlotsPerMm} slot {(i - _pte) % Geometry.SlotsPerMm}]";
        if (i >= _pmd) return $"pmd[mm {(i - _pmd) / Geometry.MaxTables} table {(i - _pmd) % Geometry.MaxTables}]";
        if (i >= _ptl) return $"ptl[mm {(i - _ptl) / Geometry.MaxTables} table {(i - _ptl) % Geometry.MaxTables}]";
        if (i >= _pcp) return "pcp list";
        if (i >= _freeArea) return $"free_area[{(i - _freeArea) / 2}]";
        if (w == AnonVmaTree) return "anon_vma interval tree";
        if (w == AnonVmaRoot) return "anon_vma->root->rwsem";
        if (w == ZoneLock) return "zone->lock";
        if (w == LruvecLock) return "lruvec->lru_lock";
        if (w == DeferredLock) return "deferred_split lock";
        if (w == PgmapRef) return "pgmap->ref";
        if (w == DriverLock) return "driver lock";
        if (w == SlabLock) return "slab list_lock";
        if (w.Index >= SlabPartial.Index && w.Index < SlabPartial.Index + 2) return "slab partial list";
        if (w.Index >= WriteProtectSeq.Index && w.Index < WriteProtectSeq.Index + Geometry.MaxMms) return $"mm {w.Index - WriteProtectSeq.Index} write_protect_seq";
        if (w == PredecessorLock) return "pgmap predecessor lock";
        if (w.Index >= DeferredHead.Index && w.Index < DeferredHead.Index + 2) return "deferred split list";
        return w.Index >= DriverHeads.Index && w.Index < DriverHeads.Index + 2 ? "driver free list" : "driver allocator";
    }

    private string NameOfLater(int i)
    {
        if (i >= _sections) return $"mem_section {(i - _sections) / 8} {((i - _sections) % 8) switch { 0 => "section_mem_map", 1 => "usage", _ => "subsection_map" }}";
        if (i >= PgmapArray.Index) return i == PgmapArray.Index ? "pgmap_array" : "pgmap->ref dead";
        if (i >= HotplugLock.Index) return "mem_hotplug_lock";
        if (i >= _isolated) return $"free_area[{(i - _isolated) / 2}] isolated";
        if (i >= _pageblocks) return $"migratetype of pageblock {i - _pageblocks}";
        if (i >= _readers) return $"the sections that CPU{i - _readers} waits for";
        if (i >= _shrink) return $"deferred split shrinker's list of CPU{(i - _shrink) / 2}";
        int memcg = 1 + (i - _deferred2) / 8;
        return (i - _deferred2) % 8 == 0 ? $"deferred_split lock of memcg {memcg}" : $"deferred split list of memcg {memcg}";
    }

    private static readonly string[] s_hugetlbNames =
        ["hugetlb_lock", "mf_mutex", "vmemmap frames", "huge_zero_folio", "shared page table", "puds of the shared table", "entry of the shared table", "i_mmap_rwsem"];
    private static readonly string[] s_hstateNames =
        ["hugepage_freelists", "hugepage_freelists", "hugepage_activelist", "hugepage_activelist", "nr_huge_pages", "free_huge_pages", "surplus_huge_pages", "hstate"];

    private string HugetlbNameOf(int i) => i >= _vmemmap ? $"vmemmap entry {i - _vmemmap}"
        : i >= _rcu ? $"CPU {i - _rcu} rcu_read_lock_nesting"
        : i < _hugetlb + 8 ? s_hugetlbNames[i - _hugetlb]
        : $"hstate {(i - _hugetlb) / 8 - 1} {s_hstateNames[(i - _hugetlb) % 8]}";

    private Word Take(int count)
    {
        var first = new Word(_next);
        _next += (count + 7) / 8 * 8;
        return first;
    }
}
