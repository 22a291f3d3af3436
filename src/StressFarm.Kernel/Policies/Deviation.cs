namespace StressFarm.Kernel.Policies;

/// <summary>Small deviations from the protocols, one bit each: what a known bug did differently. <see cref="PlantedEdits"/> says how.</summary>
[Flags]
public enum Deviation : ulong
{
    None = 0,
    /// <summary>Z02: D6 reads folio->pgmap after ops->folio_free().</summary>
    PgmapReadAfterFolioFree = 1 << 0,
    /// <summary>Z06: GUP-fast takes the reference without rechecking page_folio().</summary>
    GupFastNoRecheck = 1 << 1,
    /// <summary>Z14: split freezes with the refcount it reads instead of the one it owns.</summary>
    FreezeCurrentCount = 1 << 2,
    /// <summary>Z28: GUP adds references without looking for overflow.</summary>
    GupNoOverflowCheck = 1 << 3,
    /// <summary>Z39: GUP=FAIL evaluates its predicate before it holds the reference.</summary>
    GupPredicateBeforeRef = 1 << 4,
    /// <summary>Planted: GUP-fast does not read the page table entry again (G7).</summary>
    GupFastNoEntryRecheck = 1 << 8,
    /// <summary>Planted: an unmapping that makes an anonymous page shareable does not look for pins.</summary>
    ShareWithoutPinCheck = 1 << 9,
    /// <summary>Z08: GUP under the page table lock grabs with the fast path's helper.</summary>
    GupSlowFastHelper = 1UL << 36,
    /// <summary>Z09: splitting a PMD entry for a folio decodes a migration entry as a present one.</summary>
    SplitDecodesMigrationPmd = 1UL << 37,
    /// <summary>Z10: the rmap walk ends with the first mm whose PMD entry it has split.</summary>
    UnmapStopsAfterFirstMm = 1UL << 38,
    /// <summary>Z31: device migration puts folios that it is about to free on the LRU.</summary>
    PutbackUncharged = 1UL << 39,
    /// <summary>Z32: error exits of migrate_vma_insert_huge_pmd_page() keep the lock.</summary>
    InsertPmdKeepsLock = 1UL << 40,
    /// <summary>Z07: khugepaged does not wait for lockless walkers, and GUP-fast looks at the PTE alone again.</summary>
    CollapseWithoutIpi = 1UL << 41,
    /// <summary>Z15: a charge moves to another memory control group while the folio is queued for a deferred split.</summary>
    MemcgMoveLeavesQueue = 1UL << 42,
    /// <summary>Z21: offlining looks at the folio before it holds a reference.</summary>
    OfflineTestsBeforeRef = 1UL << 43,
    /// <summary>Z22: offlining tests a folio for being large without a reference.</summary>
    OfflineTestsTail = 1UL << 44,
    /// <summary>Z34: a section's usage is freed without a grace period.</summary>
    UsageFreedAtOnce = 1UL << 45,
    /// <summary>Z35: pgmap->ref goes before the pgmap can no longer be found.</summary>
    PgmapRefExitsFirst = 1UL << 46,
    /// <summary>Candidate: the shrinker takes folios off its list without the lock under which others ask whether they are on one.</summary>
    ScanDeletesUnlocked = 1UL << 47,
    /// <summary>Z11: a split reads mapping->flags before it asks whether there is a mapping.</summary>
    MappingReadBeforeCheck = 1UL << 16,
    /// <summary>Z13: folio_expected_ref_count() leaves the swap cache out unless the folio is anonymous.</summary>
    ExpectedRefsWithoutShmemSwap = 1UL << 17,
    /// <summary>Z04, a false alarm: the kernel warns when a DAX folio comes to refcount 0 while it is large. No invariant may fire.</summary>
    DaxFoliosThoughtSmall = 1UL << 18,
    /// <summary>C11, as v7.3 has it: the last put of a DAX folio reads pgmap and the size at refcount 0.</summary>
    DaxFolioReadAtZero = 1UL << 21,
    /// <summary>Z30: driver memory is made a rmappable folio while it is pinned.</summary>
    RmappableFlip = 1UL << 22,
    /// <summary>Planted: a driver frees memory that it mapped by pfn without revoking the mappings.</summary>
    PfnmapWithoutRevoke = 1UL << 19,
    /// <summary>Planted: a slab keeps a word of its own in its first tail.</summary>
    SlabWritesTail = 1UL << 20,
    /// <summary>Z16: hugetlb folios are rmappable and their own words lie over _deferred_list.</summary>
    HugetlbOverDeferredList = 1UL << 24,
    /// <summary>Z17: "is hugetlb" is bit 8 of page[1] and no page type.</summary>
    HugetlbFlagInSecondPage = 1UL << 25,
    /// <summary>Z18: isolate_movable_page() does not look for slab.</summary>
    MovableWithoutSlabCheck = 1UL << 26,
    /// <summary>Z19: the refcount of a shared page table is taken for the number of its sharers.</summary>
    PmdSharersByRefcount = 1UL << 27,
    /// <summary>Z23: poison moves to the pages before the hugetlb type is cleared.</summary>
    PoisonMovedWhileHugetlb = 1UL << 28,
    /// <summary>Z24: memory_failure() tests for hugetlb without hugetlb_lock.</summary>
    HugetlbTestWithoutLock = 1UL << 29,
    /// <summary>Z25: a dissolved page counts as taken off the buddy lists whether it was or not.</summary>
    DissolvedMeansTakenOff = 1UL << 30,
    /// <summary>Z27: the huge zero folio can be unpoisoned.</summary>
    UnpoisonHugeZero = 1UL << 31,
    /// <summary>Z29: memfd_pin_folios() keeps the reference of the allocation.</summary>
    MemfdKeepsReference = 1UL << 32,
    /// <summary>Z38: memory_failure() sets has_hwpoisoned before it holds a reference.</summary>
    HasHwpoisonedBeforeReference = 1UL << 33,
    /// <summary>Candidates: hwpoison as read, where control is mended (docs/findings.md).</summary>
    PoisonAsRead = 1UL << 34,
    /// <summary>Candidate: HVO copies the head's page and remaps it in two steps, as read.</summary>
    HvoCopiesBeforeRemap = 1UL << 35,
}
