namespace StressFarm.Simulation;

/// <summary>Small deviations from the protocols, one bit each: what a known bug did differently.</summary>
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

/// <summary>A historical or planted bug (spec 6): a switch that must make the named invariant fire. Add one by adding a file.</summary>
public abstract class KnownBug
{
    /// <summary>Spec id: Z01…</summary>
    public abstract string Id { get; }
    public abstract string Title { get; }
    /// <summary>Commit, CVE or thread where it is described.</summary>
    public abstract string Source { get; }
    public abstract string Mechanism { get; }
    /// <summary>The invariants of which one must fire.</summary>
    public abstract IReadOnlyList<string> Invariants { get; }
    /// <summary>The workload under which it is found.</summary>
    public abstract string Workload { get; }
    /// <summary>The design with the bug in it.</summary>
    public abstract Policy Plant(Policy policy);
}
