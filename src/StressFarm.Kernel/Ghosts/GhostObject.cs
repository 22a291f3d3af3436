using System.Runtime.CompilerServices;

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
    private int _head;
    // A byte, as the kernel keeps it in page[1].flags: a mutant that reads garbage there reads no more.
    private byte _order;
    private Owner _kind;
    private Phase _phase;
    private bool _frozenOwner;
    private int _pins, _threadRefs, _pteRefs, _otherRefs, _pinRefs, _cacheRefs, _swapRefs, _life, _pinCounts, _pteMaps, _pmdMaps;
    private ushort _evictDue, _evictSeen;
    private sbyte _phaseCpu, _locker;
    private bool _rmappable, _anon, _shareLife, _onLru, _queued;
    private byte _headSituation;

    /// <summary>Its fields, each a place of a search's log.</summary>
    internal enum Field
    {
        Head, Order, Kind, Phase, FrozenOwner, Pins, ThreadRefs, PteRefs, OtherRefs, PinRefs, CacheRefs, SwapRefs, Life, PinCounts, PteMaps, PmdMaps,
        EvictDue, EvictSeen, PhaseCpu, Locker, Rmappable, Anon, ShareLife, OnLru, Queued, HeadSituation, Count,
    }

    public int Head { readonly get => Get(Field.Head, _head); set => Set(Field.Head, ref _head, value); }

    public Owner Kind
    {
        readonly get => Get(Field.Kind, _kind);
        set
        {
            Set(Field.Kind, ref _kind, value);
            Place();
        }
    }

    public Phase Phase
    {
        readonly get => Get(Field.Phase, _phase);
        set
        {
            Set(Field.Phase, ref _phase, value);
            Place();
        }
    }

    /// <summary>The owner keeps the refcount at 0 while it uses the pages (slab).</summary>
    public bool FrozenOwner
    {
        readonly get => Get(Field.FrozenOwner, _frozenOwner);
        set
        {
            Set(Field.FrozenOwner, ref _frozenOwner, value);
            Place();
        }
    }

    /// <summary>GUP pins (FOLL_PIN), whatever way the kernel accounts them.</summary>
    public int Pins
    {
        readonly get => Get(Field.Pins, _pins);
        set
        {
            Set(Field.Pins, ref _pins, value);
            Place();
        }
    }

    /// <summary>The situation of its first page (<see cref="Situation"/>): said when it changes, since the judge asks at each write.</summary>
    internal readonly byte HeadSituation => Get(Field.HeadSituation, _headSituation);

    private void Place() => Set(Field.HeadSituation, ref _headSituation, Situation.OfHead(_phase, _pins > 0, _frozenOwner || _kind is Owner.Slab or Owner.LargeKmalloc));

    /// <summary>References held by threads, all CPUs together.</summary>
    public int ThreadRefs { readonly get => Get(Field.ThreadRefs, _threadRefs); set => Set(Field.ThreadRefs, ref _threadRefs, value); }
    /// <summary>References held by page table entries.</summary>
    public int PteRefs { readonly get => Get(Field.PteRefs, _pteRefs); set => Set(Field.PteRefs, ref _pteRefs, value); }
    /// <summary>References held by anything else that is modelled as an opaque holder.</summary>
    public int OtherRefs { readonly get => Get(Field.OtherRefs, _otherRefs); set => Set(Field.OtherRefs, ref _otherRefs, value); }
    /// <summary>What the pins added to _refcount (1 or GUP_PIN_COUNTING_BIAS each).</summary>
    public int PinRefs { readonly get => Get(Field.PinRefs, _pinRefs); set => Set(Field.PinRefs, ref _pinRefs, value); }
    /// <summary>References held by the page cache: one a page.</summary>
    public int CacheRefs { readonly get => Get(Field.CacheRefs, _cacheRefs); set => Set(Field.CacheRefs, ref _cacheRefs, value); }
    /// <summary>References held by the swap cache: one a page.</summary>
    public int SwapRefs { readonly get => Get(Field.SwapRefs, _swapRefs); set => Set(Field.SwapRefs, ref _swapRefs, value); }
    /// <summary>Life of its pages: the value <see cref="Ghost.LifeOf"/> had when the object was created.</summary>
    public int Life { readonly get => Get(Field.Life, _life); set => Set(Field.Life, ref _life, value); }
    /// <summary>What the pins added to _pincount.</summary>
    public int PinCounts { readonly get => Get(Field.PinCounts, _pinCounts); set => Set(Field.PinCounts, ref _pinCounts, value); }
    /// <summary>Page table entries that map one page of it, and rmap accounts as such.</summary>
    public int PteMaps { readonly get => Get(Field.PteMaps, _pteMaps); set => Set(Field.PteMaps, ref _pteMaps, value); }
    /// <summary>PMD entries that map all of it.</summary>
    public int PmdMaps { readonly get => Get(Field.PmdMaps, _pmdMaps); set => Set(Field.PmdMaps, ref _pmdMaps, value); }
    /// <summary>Evicting walks that must meet it, one bit per CPU; cleared when it changes (I47).</summary>
    public ushort EvictDue { readonly get => Get(Field.EvictDue, _evictDue); set => Set(Field.EvictDue, ref _evictDue, value); }
    /// <summary>Evicting walks that met it.</summary>
    public ushort EvictSeen { readonly get => Get(Field.EvictSeen, _evictSeen); set => Set(Field.EvictSeen, ref _evictSeen, value); }
    public bool Rmappable { readonly get => Get(Field.Rmappable, _rmappable); set => Set(Field.Rmappable, ref _rmappable, value); }
    public bool Anon { readonly get => Get(Field.Anon, _anon); set => Set(Field.Anon, ref _anon, value); }
    /// <summary>FS-DAX: it lives as long as entries lead to it; its refcount may be 0 meanwhile.</summary>
    public bool ShareLife { readonly get => Get(Field.ShareLife, _shareLife); set => Set(Field.ShareLife, ref _shareLife, value); }
    /// <summary>On the LRU; not while somebody has it isolated.</summary>
    public bool OnLru { readonly get => Get(Field.OnLru, _onLru); set => Set(Field.OnLru, ref _onLru, value); }
    /// <summary>On a deferred split list, or a shrinker's.</summary>
    public bool Queued { readonly get => Get(Field.Queued, _queued); set => Set(Field.Queued, ref _queued, value); }
    public int Order { readonly get => Get(Field.Order, _order); set => Set(Field.Order, ref _order, (byte)value); }
    /// <summary>The CPU that put it into its phase.</summary>
    public int PhaseCpu { readonly get => Get(Field.PhaseCpu, _phaseCpu); set => Set(Field.PhaseCpu, ref _phaseCpu, (sbyte)value); }
    /// <summary>Who holds its folio lock: the CPU's number and one; 0 for nobody.</summary>
    public int Locker { readonly get => Get(Field.Locker, _locker); set => Set(Field.Locker, ref _locker, (sbyte)value); }

    public readonly int Pages => 1 << Order;
    public readonly int ExpectedRefs => ThreadRefs + PteRefs + OtherRefs + PinRefs + CacheRefs + SwapRefs;
    public readonly bool Contains(int pfn) => (uint)(pfn - Head) < (uint)(1 << Order);
    public readonly bool IsCompound => Order > 0 && Kind != Owner.Block;
    public readonly bool IsDevice => Kind == Owner.DevFolio;
    /// <summary>A folio by intention: what may carry folio fields under every CMP.</summary>
    public readonly bool IsFolio => Kind is Owner.Small or Owner.Folio or Owner.DevFolio or Owner.Hugetlb;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly T Get<T>(Field field, T value)
    {
        if (StepLog.IsKept) ObjectLog.Current?.Read(in this, field);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Set<T>(Field field, ref T to, T value)
    {
        if (StepLog.IsKept && ObjectLog.Current is { } log) log.Set(ref this, field, ref to, value);
        else to = value;
    }
}
