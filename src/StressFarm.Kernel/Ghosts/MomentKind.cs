namespace StressFarm.Kernel.Ghosts;

/// <summary>What protocols and the ghost tell.</summary>
public enum MomentKind : byte
{
    /// <summary>Pages left a free list and passed the kernel's checks. A: order.</summary>
    HandOut,
    Published,
    /// <summary>References taken. A: how many.</summary>
    RefTaken,
    /// <summary>References dropped. A: how many, B: 1 when the dropper held them.</summary>
    RefDropped,
    BeginFree,
    /// <summary>The kernel's free-time checks are about to run on a block at refcount 0 (before F5). A: order.</summary>
    FreeCheck,
    /// <summary>bad_page(): the kernel leaks the block instead of freeing it. A: order.</summary>
    BadPage,
    /// <summary>A page pointer with a life is used. A: the life expected.</summary>
    Deref,
    /// <summary>A speculative getter believes it owns a reference. Pfn: the page looked up, A: the pfn of the folio it got, B: its life when looked up.</summary>
    SpeculativeGet,
    /// <summary>Rmap is about to account pages. Pfn: the page, A: the folio's pfn, B: how many.</summary>
    Rmap,
    /// <summary>_nr_pages was read as a folio field. Pfn: the folio's, A: the value.</summary>
    NrPagesRead,
    /// <summary>page_ref_freeze succeeded. A: the count it expected.</summary>
    Frozen,
    /// <summary>About to store a refcount over 0. A: the value.</summary>
    Unfreezing,
    Unfrozen,
    /// <summary>A split has finished. A: order of the original.</summary>
    SplitDone,
    Pinned,
    Unpinned,
    /// <summary>GUP returns success. Pfn: the page, A: mm * 65536 + slot, B: 1 when the entry mapped the page at some instant of the call.</summary>
    GupDone,
    /// <summary>The _mm_ids lock is about to be dropped. Pfn: the folio's.</summary>
    MmIdsUnlock,
    /// <summary>ZINIT writes a page's words. A: pfn and B: order of the range it was asked for.</summary>
    ZinitWrite,
    /// <summary>ZINIT is complete, before Z6. A: order.</summary>
    ZinitDone,
    /// <summary>A step of free_zone_device_folio() after folio_free() read the folio's words.</summary>
    ReadAfterFolioFree,
    /// <summary>pgmap was read through a page. A: the value.</summary>
    PgmapRead,
    /// <summary>kfree resolved an object's page. Pfn: the page, A: the head it found, B: the head of the allocating slab.</summary>
    Kfree,
    /// <summary>An evicting walk finished. A: first pfn, B: pages.</summary>
    EvictDone,
    /// <summary>An operation is at its step bound under a fair strategy.</summary>
    StepBound,
    /// <summary>Every unfinished CPU waits.</summary>
    Deadlock,
    /// <summary>The driver put device pages on its free list. A: order.</summary>
    DeviceFreed,
    /// <summary>An evicting walk tried to get the same folio a second time.</summary>
    EvictTwice,
    /// <summary>A driver's walk got a reference for a device pfn. Pfn: the page looked up, A: the pfn of the folio it got.</summary>
    DeviceGet,
    /// <summary>try_grab_folio() under the page table lock failed. Pfn: the folio's.</summary>
    GrabFailed,
    /// <summary>An rmap walk that unmaps a folio ended, and no pin stopped it. A: the mapcount it read.</summary>
    UnmapDone,
    /// <summary>A folio was put on the LRU.</summary>
    LruAdded,
    /// <summary>A lockless walker read an entry of a page table that was freed since it entered. A: mm, B: table.</summary>
    FreedTableRead,
    /// <summary>A struct page was looked up by an address that is none. Pfn: where the entry truly leads. A: the address's pfn.</summary>
    WildPage,
    /// <summary>A list's neighbours do not lead back to the node that is to be deleted. Pfn: the node's page.</summary>
    ListCorrupt,
    /// <summary>A folio's flags are tested on a tail page, which no folio test bears. Pfn: the page's.</summary>
    TailTested,
    /// <summary>A section is about to be marked offline. A: first pfn, B: pages.</summary>
    SectionOffline,
    /// <summary>A word of a page without a memmap was accessed. A: the word's number in the page.</summary>
    RemovedAccess,
    /// <summary>A section's usage is read after it was freed. A: the section.</summary>
    FreedUsageRead,
    /// <summary>The pgmap's reference count is used after percpu_ref_exit().</summary>
    PgmapRefGone,
    /// <summary>memunmap_pages() goes on to remove the range.</summary>
    MemunmapGoesOn,
    /// <summary>A permitted reader of device pfns that got no reference goes on. A: how far.</summary>
    ReaderAdvance,
    /// <summary>A page cache lookup returns a folio. Pfn: the folio's, A: the mapping, B: the index looked up.</summary>
    CacheGot,
    /// <summary>A slot of the page cache was stored. A: the mapping, B: the index.</summary>
    CacheSlotStored,
    /// <summary>folio->mapping is dereferenced. Pfn: the folio's, A: the pointer.</summary>
    MappingDeref,
    /// <summary>A freeze was refused for the count that was expected. Pfn: the folio's, A: the count expected, B: the count found.</summary>
    FreezeRefused,
    /// <summary>The folio of a migration entry was looked at. Pfn: the folio's, A: its flags as the reader sees them, B: the entry's page.</summary>
    MigrationEntryRead,
    /// <summary>A CPU has just taken a folio lock.</summary>
    FolioLocked,
    /// <summary>A CPU is about to give a folio lock up. A: the folio's life in its pointer, or 0.</summary>
    FolioUnlocking,
    /// <summary>A folio is put on the LRU that is on it (A: 1), or taken off it that is not (A: 0).</summary>
    LruClash,
    /// <summary>A device folio at refcount 0 is about to go back to the driver. A: order.</summary>
    DeviceGoesBack,
    /// <summary>A wait for the sections of other CPUs is over. A: those that have not left theirs, one bit each.</summary>
    WaitOver,
    /// <summary>A write fault has reused a page. Pfn: the page's, A: the cell of its entry.</summary>
    WriteReused,
    /// <summary>The struct pages of a range are about to go. A: the section, B: its parts, one bit each.</summary>
    MemmapGoes,
    /// <summary>A step wrote, or tried to write, a struct page that is mapped read-only. A: the half.</summary>
    WriteFault,
    /// <summary>A hugetlb folio lost its type. Pfn: the head.</summary>
    HugetlbCleared,
    /// <summary>A walker without a reference acts on what it takes a page for. A: the owner it believes in.</summary>
    TakenFor,
    /// <summary>A memory failure was recorded in a hugetlb folio. Pfn: the page, A: the folio's pfn.</summary>
    PoisonRecorded,
    /// <summary>memory_failure() holds the large folio of a page and believes it marked. Pfn: the page.</summary>
    PoisonMarked,
    /// <summary>memory_failure() holds a page that it believes to have taken off the free lists.</summary>
    PoisonTaken,
    /// <summary>An operation that is not the product's own tells its invariants (<see cref="Additions"/>). A: a number of its choice, B: what it has to tell.</summary>
    Added,
}
