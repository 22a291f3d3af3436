namespace StressFarm.Kernel.Layouts;

/// <summary>
/// A view: the words of one <c>struct page</c>. <see cref="Life"/> is the generation the holder saw when it obtained the
/// pointer (spec 1.11); 0 means speculative, that is, no claim that the page still is what it was.
/// </summary>
public readonly record struct Page(int Pfn, int Life = 0)
{
    private int Base => Pfn * Layout.WordsPerPage;
    public Word Flags => new(Base + Layout.Flags);
    public Word Info => new(Base + Layout.Info);
    /// <summary>The word at offset 8 read as <c>pgmap</c> (ZONE_DEVICE view).</summary>
    public Word Pgmap => Info;
    public Word Prev => new(Base + Layout.Prev);
    /// <summary>The word at offset 16 read as <c>zone_device_data</c>.</summary>
    public Word ZoneDeviceData => Prev;
    public Word Mapping => new(Base + Layout.Mapping);
    public Word Index => new(Base + Layout.Index);
    public Word Private => new(Base + Layout.Private);
    public Word Counts => new(Base + Layout.Counts);
    public Half Mapcount => new(Pfn * Layout.HalvesPerPage + Layout.MapcountHalf);
    /// <summary>The half at offset 48 read as <c>page_type</c>.</summary>
    public Half Type => Mapcount;
    public Half Refcount => new(Pfn * Layout.HalvesPerPage + Layout.RefcountHalf);
    public Word MemcgData => new(Base + Layout.Memcg);
    /// <summary>The list node <c>lru</c> / <c>buddy_list</c> / <c>pcp_list</c>: next at offset 8, prev at 16.</summary>
    public Word Lru => Info;
}

/// <summary>
/// A view: the folio fields, which are words of page[0..3] under other names (spec 1.7). The view claims nothing: laid over
/// a page that heads no folio it reads whatever is there, as the kernel does.
/// </summary>
public readonly record struct Folio(int Pfn, int Life = 0)
{
    public Page Head => new(Pfn, Life);
    public Page Second => new(Pfn + 1);
    public Page Third => new(Pfn + 2);

    public Word Flags => Head.Flags;
    public Half Refcount => Head.Refcount;
    /// <summary>page[1].flags: order in bits 0..7, has_hwpoisoned 8, large_rmappable 9, partially_mapped 16.</summary>
    public Word SecondFlags => Second.Flags;
    public Half LargeMapcount => Second.Prev.Low;
    public Half NrPagesMapped => Second.Prev.High;
    public Half EntireMapcount => Second.Mapping.Low;
    public Half Pincount => Second.Mapping.High;
    /// <summary>_mm_id_mapcount[0] in the low, [1] in the high half.</summary>
    public Word MmIdMapcount => Second.Index;
    /// <summary>_mm_ids: id 0 in bits 0..30, the lock in bit 31, id 1 in bits 32..62, "maybe mapped shared" in bit 63.</summary>
    public Word MmIds => Second.Private;
    public Half NrPages => Second.MemcgData.Low;
    /// <summary>The list node <c>_deferred_list</c>: page[2], offsets 16 and 24.</summary>
    public Word DeferredList => Third.Prev;
    /// <summary>page[3], offset 16: <c>_hugetlb_subpool</c>.</summary>
    public Word HugetlbSubpool => new Page(Pfn + 3).Prev;
    /// <summary>page[3], offset 40: <c>_hugetlb_hwpoison</c>, the list of raw error pages.</summary>
    public Word HugetlbHwpoison => new Page(Pfn + 3).Private;
    /// <summary>folio->private of a hugetlb folio: the flags of <see cref="HugetlbFlag"/>.</summary>
    public Word HugetlbFlags => Head.Private;
}
