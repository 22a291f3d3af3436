namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Calls about hugetlb and failing memory. mm 2 has the hugetlb VMAs, whose page table entries are at PMD level; handles 11 and
/// 12 are for hugetlb folios, 13 for page frames.
/// </summary>
internal static class HugetlbEntries
{
    public const int Mm = PremiseRules.HugetlbMm;
    public const int Handle = 11, FrameHandle = 13;
    private const int Tables = 2;

    public static MixEntry[] Pool { get; } =
    [
        new(3, (s, p) => HugetlbGrow.Call()),
        new(2, (s, p) => HugetlbShrink.Call(hstate: s.Pick(2))),
        new(3, (s, p) => HugetlbAllocate.Call(hstate: s.Pick(2), handle: Handle + s.Pick(2))),
        new(1, (s, p) => MemfdPin.Call(handle: Handle + s.Pick(2))),
        new(4, (s, p) => Release.Call<HugetlbRelease>(handle: Handle + s.Pick(3))),
        new(2, (s, p) => HugetlbDemote.Call()),
        new(1, (s, p) => HugetlbDissolve.Call(pfn: s.Pick(p.SystemPages))),
        new(1, (s, p) => VmemmapPressure.Call(count: 1 + s.Pick(3), handle: FrameHandle)),
        new(1, (s, p) => DrainLocalPages.Call()),
    ];

    public static MixEntry[] Maps { get; } =
    [
        new(3, (s, p) => HugetlbFault.Call(mm: Mm, table: s.Pick(Tables))),
        new(3, (s, p) => ZapSlots.Call(mm: Mm, slot: s.Pick(Tables) << p.MaxOrder, count: 1)),
        new(2, (s, p) => SharingOperation.Call<PmdShare>(mm: s.Pick(Geometry.MaxMms))),
        new(3, (s, p) => SharingOperation.Call<PmdUnshare>(mm: s.Pick(Geometry.MaxMms))),
    ];

    public static MixEntry[] Poison { get; } =
    [
        new(5, (s, p) => Fails(s, p)),
        new(2, (s, p) => PageOperation.Call<Unpoison>(pfn: PageIn(s, p))),
    ];

    public static MixEntry[] Activation { get; } =
    [
        new(2, (s, p) => SlotOperation.Call<FolioActivate>(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots))),
    ];

    /// <summary>Half of the failures hit the pages that are allocated first.</summary>
    public static OpCall Fails(Shape shape, MixShape parameters) => PageOperation.Call<MemoryFails>(pfn: PageIn(shape, parameters));

    /// <summary>Whole allocation blocks fail at their first page half the time: the page that heads whatever is there.</summary>
    private static int PageIn(Shape shape, MixShape parameters)
    {
        int pfn = shape.Pick(shape.OneIn(2) ? parameters.SystemPages : Math.Min(16, parameters.SystemPages));
        return shape.OneIn(2) ? pfn & ~((1 << Math.Max(0, parameters.MaxOrder - 1)) - 1) : pfn;
    }
}

/// <summary>The shape of schedules with hugetlb.</summary>
internal static class HugetlbShape
{
    private const int Slots = 16;
    /// <summary>Largest order of anonymous folios: splits are stepped page by page, and end within I57's bound.</summary>
    public const int LargestAnon = 4;

    /// <summary>
    /// Draws the arena. A vmemmap page holds few struct pages, so that small folios span several; once in 256 schedules everything
    /// has its real size.
    /// </summary>
    /// <param name="spare">orders that the memory is larger than a hugetlb folio, at most</param>
    public static MixShape Draw(Programme programme, Geometry geometry, int spare)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        int largest = geometry.LargestOrder;
        int hugeOrder = Math.Min(shape.DrawMostly("huge-order", 3, 3, 3, 4), largest);
        int vmemmapOrder = shape.DrawMostly("vmemmap-order", Cells.MinVmemmapOrder, 4, Cells.MinVmemmapOrder, hugeOrder - 1);
        int systemOrder = Math.Min(hugeOrder + shape.Draw("spare-orders", Math.Min(1, spare), spare), largest);
        if (shape.DrawRealSize(geometry, 10, 256))
        {
            hugeOrder = 9;
            vmemmapOrder = 6;
            systemOrder = 10;
        }
        programme.Arena = new Arena(cpus, systemOrder, -1, hugeOrder, HugeOrder: hugeOrder, VmemmapOrder: vmemmapOrder);
        return new MixShape(shape.Draw("mms", 1, HugetlbEntries.Mm), Math.Min(hugeOrder, LargestAnon), Slots, programme.Arena.SystemPages, 0, 0);
    }

    /// <summary>The pool as it is at the start: what boot made, and what was added.</summary>
    public static void SetUpPool(Programme programme)
    {
        int folios = programme.Shape.Draw("pool", 0, 2);
        for (int i = 0; i < folios; i++) SetUpFolio(programme);
    }

    /// <summary>One more folio of the pool, from the buddy or from memblock.</summary>
    public static void SetUpFolio(Programme programme) => programme.Setup.Add(HugetlbGrow.Call(boot: programme.Shape.Coin()));
}
