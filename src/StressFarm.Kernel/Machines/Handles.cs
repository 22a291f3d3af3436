namespace StressFarm.Kernel.Machines;

/// <summary>What a handle stands for, which says how it is given back.</summary>
public enum HandleKind : byte
{
    None,
    /// <summary>A thread-local reference to a folio or a small page; given back by folio_put.</summary>
    FolioRef,
    /// <summary>A folio reference with PG_locked held by this CPU.</summary>
    LockedFolio,
    /// <summary>GUP pins (FOLL_PIN) of the <see cref="Handle.Count"/> pages from <see cref="Handle.Pfn"/> on, <see cref="Handle.Repeat"/> + 1 times each.</summary>
    Pin,
    /// <summary>Driver memory from alloc_pages(__GFP_COMP): the allocation's own reference.</summary>
    DriverPages,
    /// <summary>A non-compound block of order &gt; 0.</summary>
    Block,
    Slab,
    LargeKmalloc,
    /// <summary>GUP references (FOLL_GET) of the <see cref="Handle.Count"/> pages from <see cref="Handle.Pfn"/> on, <see cref="Handle.Repeat"/> + 1 times each; given back by put_page().</summary>
    PageRefs,
    /// <summary><see cref="Handle.Count"/> references of a folio, held by something that is not modelled.</summary>
    OpaqueRefs,
    /// <summary>A hugetlb folio of a memfd: the page cache's reference and that of a pin.</summary>
    MemfdFolio,
    /// <summary><see cref="Handle.Count"/> page frames that a restore could have been fed from.</summary>
    VmemmapFrames,
}

/// <summary>Something an operation left for a later one of the same CPU.</summary>
public struct Handle
{
    public HandleKind Kind;
    public int Pfn;
    public int Life;
    public int Order;
    public int Count;
    /// <summary>Free for the kind: a page table slot, the pin's accounting (spec 4.4).</summary>
    public int Extra;
    /// <summary>Pins and references of user pages: further rounds over the same pages.</summary>
    public int Repeat;
    public readonly Page Page => new(Pfn, Life);
    public readonly Folio Folio => new(Pfn, Life);
}

/// <summary>A CPU's handles: a small fixed table, addressed by the programme.</summary>
public sealed partial class Handles(int cpu)
{
    public const int Capacity = 16;
    private readonly Handle[] _slots = new Handle[Capacity];

    /// <summary>pcp->count by order: this CPU's alone, hence no shared word.</summary>
    internal Logged<int> PcpCount = new(Geometry.PcpOrders, LogKind.ListLength, cpu * Geometry.PcpOrders);

    public ref Handle this[int slot] => ref _slots[slot & (Capacity - 1)];

    public void Clear()
    {
        Array.Clear(_slots);
        Array.Clear(PcpCount.Raw);
    }

    /// <summary>A new schedule on the memory as it is: the per-CPU lists, and so their lengths, stay.</summary>
    internal void Continue() => Array.Clear(_slots);
}
