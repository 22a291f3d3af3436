namespace StressFarm.Simulation;

/// <summary>
/// Hugetlb: the pool, optimised vmemmap, demotion and page tables that mms share, beside anonymous memory and PFN walkers. A quarter
/// of the schedules make a folio of pages that walkers are just looking at, an eighth share a page table; the rest is drawn freely.
/// </summary>
public sealed class HugetlbWork : Workload
{
    private static readonly MixEntry[][] s_groups =
    [
        HugetlbEntries.Pool,
        HugetlbEntries.Maps,
        MixEntries.Walks,
        [.. MixEntries.Anon, .. HugetlbEntries.Activation],
        [.. MixEntries.Split, .. HugetlbEntries.Activation],
        MixEntries.Blocks,
    ];

    private static readonly Mix[] s_mixes =
    [
        .. Enumerable.Range(0, 1 << s_groups.Length)
            .Select(mask => new Mix([.. HugetlbEntries.Pool, .. s_groups.Where((_, i) => (mask & (1 << i)) != 0).SelectMany(g => g)])),
    ];

    public override string Id => "hugetlb";
    public override string Summary => "hugetlb pool, HVO, demotion and shared page tables beside anonymous folios and PFN walkers";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        MixShape parameters = HugetlbShape.Draw(programme, geometry, spare: 2);
        int pattern = shape.Draw("pattern", 0, 7), groups = shape.Draw("groups", 1, s_mixes.Length - 1);
        int ops = shape.Draw("ops", 1, 8);
        switch (pattern)
        {
            case 0 or 1:
                ComposeReuse(programme, parameters);
                break;
            case 2:
                ComposeSharing(programme, parameters);
                break;
            default:
                HugetlbShape.SetUpPool(programme);
                SystemShape.SetUpFolios(programme, parameters);
                for (int cpu = 0; cpu < programme.Arena.Cpus; cpu++)
                    for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(s_mixes[groups].Draw(shape, parameters));
                break;
        }
    }

    /// <summary>Single pages are unmapped and a hugetlb folio is made of them, while others take references by pfn (Z20).</summary>
    private static void ComposeReuse(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        int pages = Math.Min(parameters.SystemPages, parameters.Slots);
        for (int slot = 0; slot < pages; slot++) programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, slot, 0));
        List<OpCall> list = programme.Cpu(0);
        list.Add(new(Operation<ZapSlots>.Instance, 0, 0, pages));
        list.Add(new(Operation<DrainLocalPages>.Instance));
        list.Add(new(Operation<HugetlbGrow>.Instance));
        if (shape.OneIn(2)) list.Add(new(Operation<HugetlbDemote>.Instance));
        for (int cpu = 1; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 3; i++)
                programme.Cpu(cpu).Add(shape.OneIn(2)
                    ? new(Operation<StaleLookups>.Instance, shape.Pick(pages), 1 + shape.Pick(8))
                    : MixEntries.Walks[shape.Pick(MixEntries.Walks.Length)].Draw(shape, parameters));
    }

    /// <summary>Mms join and leave a shared page table, while others take references on pages by pfn (Z19).</summary>
    private static void ComposeSharing(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        HugetlbShape.SetUpPool(programme);
        for (int mm = 0; mm < Geometry.MaxMms; mm++)
            if (shape.OneIn(2)) programme.Setup.Add(new(Operation<PmdShare>.Instance, mm));
        for (int cpu = 0; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 4; i++)
                programme.Cpu(cpu).Add((cpu & 1) == 1
                    ? new(Operation<StaleLookups>.Instance, 0, parameters.SystemPages)
                    : HugetlbEntries.Maps[2 + shape.Pick(2)].Draw(shape, parameters));
    }
}
