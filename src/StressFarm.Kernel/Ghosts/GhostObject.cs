namespace StressFarm.Kernel.Ghosts;

/// <summary>Who owns a page, as an all-knowing observer sees it (spec 1.11).</summary>
public enum Owner : byte
{
    /// <summary>Outside the arena: nobody's.</summary>
    Hole,
    Buddy,
    Pcp,
    /// <summary>Off the free lists, not yet handed out; or being freed.</summary>
    IsolatedFree,
    /// <summary>One order-0 page of system memory.</summary>
    Small,
    /// <summary>A system folio of order &gt; 0.</summary>
    Folio,
    /// <summary>A compound page that is no folio: driver memory.</summary>
    Compound,
    /// <summary>An order &gt; 0 block that is not compound.</summary>
    Block,
    Slab,
    LargeKmalloc,
    /// <summary>Device memory on the driver's free list.</summary>
    DevFree,
    /// <summary>Device memory between the driver's pop and publication, or between its last put and the driver's push.</summary>
    DevIsolated,
    /// <summary>A device-private folio of any order.</summary>
    DevFolio,
    /// <summary>Memory that was taken offline; its memmap is still there.</summary>
    Offline,
    /// <summary>Memory that was removed: there is no memmap.</summary>
    Removed,
    /// <summary>A hugetlb folio, in the pool or in use.</summary>
    Hugetlb,
    /// <summary>A page table.</summary>
    PageTable,
    /// <summary>A page that failed and was taken out of circulation, or a block that was lost on account of one.</summary>
    HwpTaken,
}

/// <summary>What memory_failure() made known of a page.</summary>
public enum Poison : byte
{
    None,
    /// <summary>The page has PG_hwpoison, and its folio is marked.</summary>
    Flagged,
    /// <summary>A hugetlb folio has it on its list of raw pages.</summary>
    Recorded,
}

/// <summary>Where an object is in its life.</summary>
public enum Phase : byte
{
    Dead,
    /// <summary>Being prepared by <see cref="GhostObject.PhaseCpu"/>; it may already have a reference.</summary>
    Allocating,
    /// <summary>Published.</summary>
    Live,
    /// <summary>Refcount frozen to 0 by <see cref="GhostObject.PhaseCpu"/> for a split or migration.</summary>
    Frozen,
    /// <summary>From the decrement to 0 until the pages are on a list.</summary>
    Freeing,
}

/// <summary>
/// An object the kernel knows only as page words: a folio, a compound page, a slab. 64 bytes, what the judge asks of the page of
/// each write first: one line of the processor's cache, mostly.
/// </summary>
public struct GhostObject
{
    public int Head;
    // A byte, as the kernel keeps it in page[1].flags: a mutant that reads garbage there reads no more.
    private byte _order;
    private Owner _kind;
    private Phase _phase;
    private bool _frozenOwner;
    private int _pins;
    /// <summary>References held by threads, all CPUs together.</summary>
    public int ThreadRefs;
    /// <summary>References held by page table entries.</summary>
    public int PteRefs;
    /// <summary>References held by anything else that is modelled as an opaque holder.</summary>
    public int OtherRefs;
    /// <summary>What the pins added to _refcount (1 or GUP_PIN_COUNTING_BIAS each).</summary>
    public int PinRefs;
    /// <summary>References held by the page cache: one a page.</summary>
    public int CacheRefs;
    /// <summary>References held by the swap cache: one a page.</summary>
    public int SwapRefs;
    /// <summary>Life of its pages: the value <see cref="Ghost.LifeOf"/> had when the object was created.</summary>
    public int Life;
    /// <summary>What the pins added to _pincount.</summary>
    public int PinCounts;
    /// <summary>Page table entries that map one page of it, and rmap accounts as such.</summary>
    public int PteMaps;
    /// <summary>PMD entries that map all of it.</summary>
    public int PmdMaps;
    /// <summary>Evicting walks that must meet it, one bit per CPU; cleared when it changes (I47).</summary>
    public ushort EvictDue;
    /// <summary>Evicting walks that met it.</summary>
    public ushort EvictSeen;
    private sbyte _phaseCpu, _locker;
    public bool Rmappable;
    public bool Anon;
    /// <summary>FS-DAX: it lives as long as entries lead to it; its refcount may be 0 meanwhile.</summary>
    public bool ShareLife;
    /// <summary>On the LRU; not while somebody has it isolated.</summary>
    public bool OnLru;
    /// <summary>On a deferred split list, or a shrinker's.</summary>
    public bool Queued;

    public Owner Kind
    {
        readonly get => _kind;
        set
        {
            _kind = value;
            Place();
        }
    }

    public Phase Phase
    {
        readonly get => _phase;
        set
        {
            _phase = value;
            Place();
        }
    }

    /// <summary>The owner keeps the refcount at 0 while it uses the pages (slab).</summary>
    public bool FrozenOwner
    {
        readonly get => _frozenOwner;
        set
        {
            _frozenOwner = value;
            Place();
        }
    }

    /// <summary>GUP pins (FOLL_PIN), whatever way the kernel accounts them.</summary>
    public int Pins
    {
        readonly get => _pins;
        set
        {
            _pins = value;
            Place();
        }
    }

    /// <summary>The situation of its first page (<see cref="Situation"/>): said when it changes, since the judge asks at each write.</summary>
    internal byte HeadSituation { get; private set; }

    private void Place() => HeadSituation = Situation.OfHead(_phase, _pins > 0, _frozenOwner || _kind is Owner.Slab or Owner.LargeKmalloc);

    public int Order
    {
        readonly get => _order;
        set => _order = (byte)value;
    }

    /// <summary>The CPU that put it into its phase.</summary>
    public int PhaseCpu
    {
        readonly get => _phaseCpu;
        set => _phaseCpu = (sbyte)value;
    }

    /// <summary>Who holds its folio lock: the CPU's number and one; 0 for nobody.</summary>
    public int Locker
    {
        readonly get => _locker;
        set => _locker = (sbyte)value;
    }

    public readonly int Pages => 1 << _order;
    public readonly int ExpectedRefs => ThreadRefs + PteRefs + OtherRefs + PinRefs + CacheRefs + SwapRefs;
    public readonly bool Contains(int pfn) => (uint)(pfn - Head) < (uint)(1 << _order);
    public readonly bool IsCompound => _order > 0 && Kind != Owner.Block;
    public readonly bool IsDevice => Kind == Owner.DevFolio;
    /// <summary>A folio by intention: what may carry folio fields under every CMP.</summary>
    public readonly bool IsFolio => Kind is Owner.Small or Owner.Folio or Owner.DevFolio or Owner.Hugetlb;
}
