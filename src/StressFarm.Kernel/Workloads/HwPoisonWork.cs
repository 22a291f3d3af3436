namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Memory that fails: free, anonymous, slab, driver and hugetlb pages, and unpoisoning. Half of the schedules are one of a
/// few situations; the rest is drawn freely.
/// </summary>
public sealed class HwPoisonWork : Workload
{
    private static readonly MixEntry[][] s_groups =
    [
        HugetlbEntries.Pool,
        HugetlbEntries.Maps,
        [.. MixEntries.Anon, .. MixEntries.Split],
        MixEntries.Slab,
        MixEntries.Blocks,
        [.. MixEntries.Driver, .. MixEntries.Gup],
        MixEntries.Walks,
    ];

    private static readonly Mix[] s_mixes = Mix.OfGroups([.. HugetlbEntries.Poison, .. HugetlbEntries.Poison], s_groups);

    private const int Compaction = 1;

    public override string Id => "hwpoison";
    public override string Summary => "memory_failure and unpoison_memory against free, anonymous, slab, driver and hugetlb pages";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int pattern = shape.Draw("pattern", 0, 9), groups = shape.Draw("groups", 1, s_mixes.Length - 1), ops = shape.Draw("ops", 1, 8);
        // Memory that is one hugetlb folio: whoever allocates gets what was dissolved.
        MixShape parameters = HugetlbShape.Draw(programme, geometry, spare: pattern == 0 ? 0 : 2).WithProducers(shape);
        switch (pattern)
        {
            case 0:
                ComposeDissolve(programme, parameters);
                break;
            case 1:
                ComposePoisonedPool(programme, parameters);
                break;
            case 2:
                ComposeDemotion(programme, parameters);
                break;
            case 3:
                ComposeHugeZero(programme, parameters);
                break;
            case 4:
                ComposeSlab(programme, parameters);
                break;
            default:
                HugetlbShape.SetUpPool(programme);
                SystemShape.SetUpDriverMemory(programme, parameters);
                SystemShape.SetUpFolios(programme, parameters);
                s_mixes[groups].Fill(programme, parameters, ops);
                break;
        }
    }

    /// <summary>A page of a free hugetlb folio fails while others look for memory (Z25).</summary>
    private static void ComposeDissolve(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        int pages = 1 << programme.Arena.HugeOrder;
        HugetlbShape.SetUpFolio(programme);
        programme.Cpu(0).Add(PageOperation.Call<MemoryFails>(pfn: shape.Pick(pages)));
        for (int cpu = 1; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 4; i++) programme.Cpu(cpu).Add(MixEntries.Blocks[shape.Pick(MixEntries.Blocks.Length)].Draw(shape, parameters));
    }

    /// <summary>A free folio of the pool is poisoned already; it is given back while another of its pages fails (Z23).</summary>
    private static void ComposePoisonedPool(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        int pages = 1 << programme.Arena.HugeOrder;
        HugetlbShape.SetUpFolio(programme);
        programme.Setup.Add(HugetlbAllocate.Call(hstate: 0, handle: HugetlbEntries.Handle));
        programme.Setup.Add(PageOperation.Call<MemoryFails>(pfn: shape.Pick(pages)));
        programme.Setup.Add(Release.Call<HugetlbRelease>(handle: HugetlbEntries.Handle));
        programme.Cpu(0).Add(HugetlbShrink.Call(hstate: 0));
        for (int cpu = 1; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 3; i++) programme.Cpu(cpu).Add(PageOperation.Call<MemoryFails>(pfn: shape.Pick(pages)));
    }

    /// <summary>A free folio is demoted or dissolved while one of its pages fails (Z24).</summary>
    private static void ComposeDemotion(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        int pages = 1 << programme.Arena.HugeOrder;
        HugetlbShape.SetUpFolio(programme);
        programme.Cpu(0).Add(shape.OneIn(4) ? HugetlbDissolve.Call(pfn: shape.Pick(pages)) : HugetlbDemote.Call());
        for (int cpu = 1; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 2; i++) programme.Cpu(cpu).Add(PageOperation.Call<MemoryFails>(pfn: shape.Pick(pages)));
    }

    /// <summary>A page of the huge zero folio fails and is unpoisoned (Z27).</summary>
    private static void ComposeHugeZero(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        programme.Setup.Add(DriverAllocate.Call(producer: DriverProducer.HugeZero, order: 1 + shape.Pick(programme.Arena.HugeOrder), handle: 0));
        for (int cpu = 0; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 3; i++)
            {
                int page = shape.Pick(2);
                programme.Cpu(cpu).Add(PageOperation.Call<MemoryFails>(pfn: page));
                programme.Cpu(cpu).Add(PageOperation.Call<Unpoison>(pfn: page));
            }
    }

    /// <summary>Slabs fill up and leave their list, while compaction passes and pages fail (Z18).</summary>
    private static void ComposeSlab(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        MixShape small = parameters with { MaxOrder = 1 };
        for (int cpu = 0; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 8; i++)
                programme.Cpu(cpu).Add((cpu & 1) == 0 ? MixEntries.Slab[shape.Pick(MixEntries.Slab.Length)].Draw(shape, small)
                    : shape.OneIn(4) ? HugetlbEntries.Fails(shape, parameters)
                    : MixEntries.Walks[Compaction].Draw(shape, parameters with { SystemPages = 16 }));
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(HugetlbTurns.Arena(spare: 1), ["driver_alloc_pages handle=0 producer=af-packet order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1; do_anonymous_page mm=0 slot=0 order=2"],
        [
            .. HugetlbTurns.Poison, .. HugetlbTurns.Pool, .. HugetlbTurns.Maps, .. MixTurns.Anon, .. MixTurns.Split, .. MixTurns.Slab, .. MixTurns.Blocks,
            .. MixTurns.Driver, .. MixTurns.Gup, .. MixTurns.Walks,
        ]),
        // A free folio of the pool, healthy or poisoned, of which a page fails.
        new(HugetlbTurns.Arena(spare: 0), ["nr_hugepages_grow boot=0/1", "nr_hugepages_grow; alloc_hugetlb_folio handle=11; memory_failure pfn=0/5; free_huge_folio handle=11"],
            ["memory_failure pfn=0/1/5", "unpoison_memory pfn=0/5"], [.. HugetlbTurns.Poison, .. HugetlbTurns.Pool, .. MixTurns.Blocks]),
        // A page of the huge zero folio.
        new(HugetlbTurns.Arena(spare: 1), ["driver_alloc_pages handle=0 producer=huge-zero order=1/3"],
            ["memory_failure pfn=0/1", "memory_failure pfn=0; unpoison_memory pfn=0", "memory_failure pfn=1; unpoison_memory pfn=1"]),
    ];
}
