namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Hugetlb: the pool, optimised vmemmap, demotion and page tables that mms share, beside anonymous memory and PFN walkers. A third
/// of the schedules make a folio of pages that walkers are just looking at, a ninth share a page table, a ninth split an active folio; the rest is drawn freely.
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

    private static readonly Mix[] s_mixes = Mix.OfGroups(HugetlbEntries.Pool, s_groups);

    public override string Id => "hugetlb";
    public override string Summary => "hugetlb pool, HVO, demotion and shared page tables beside anonymous folios and PFN walkers";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int pattern = shape.Draw("pattern", 0, 8);
        // Memory that is one hugetlb folio: it is made of the very pages that were given back.
        MixShape parameters = HugetlbShape.Draw(programme, geometry, spare: pattern < 3 ? 0 : 2);
        int groups = shape.Draw("groups", 1, s_mixes.Length - 1);
        int ops = shape.Draw("ops", 1, 8);
        switch (pattern)
        {
            case 0 or 1 or 2:
                ComposeReuse(programme, parameters, lastPage: pattern != 2);
                break;
            case 3:
                ComposeSharing(programme, parameters);
                break;
            case 4:
                ComposeActiveSplit(programme, parameters);
                break;
            default:
                HugetlbShape.SetUpPool(programme);
                SystemShape.SetUpFolios(programme, parameters);
                s_mixes[groups].Fill(programme, parameters, ops);
                break;
        }
    }

    /// <summary>
    /// Single pages are unmapped and a hugetlb folio is made of them, while others take references by pfn (Z20). Mostly it is
    /// the last page that is still in use, and everybody looks at that one.
    /// </summary>
    private static void ComposeReuse(Programme programme, MixShape parameters, bool lastPage)
    {
        Shape shape = programme.Shape;
        int pages = 1 << programme.Arena.HugeOrder, half = Math.Min(pages / 2, 8), last = pages / 2 + shape.Pick(half);
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: programme.Arena.HugeOrder - 1));
        for (int slot = pages / 2; slot < pages / 2 + half; slot++) programme.Setup.Add(AnonFault.Call(mm: 0, slot: slot, order: 0));
        List<OpCall> list = programme.Cpu(0);
        if (lastPage)
        {
            programme.Setup.Add(ZapSlots.Call(mm: 0, slot: 0, count: last));
            programme.Setup.Add(ZapSlots.Call(mm: 0, slot: last + 1, count: pages / 2 + half - last - 1));
            programme.Setup.Add(DrainLocalPages.Call());
        }
        list.Add(ZapSlots.Call(mm: 0, slot: lastPage ? last : 0, count: lastPage ? 1 : pages / 2 + half));
        list.Add(DrainLocalPages.Call());
        list.Add(HugetlbGrow.Call());
        if (!lastPage) list.Add(HugetlbDemote.Call());
        for (int cpu = 1; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < (lastPage ? 12 : 6); i++)
                programme.Cpu(cpu).Add(lastPage ? PfnWalk.Call<IdleWalk>(pfn: last, count: 1)
                    : MixEntries.Walks[shape.Pick(MixEntries.Walks.Length)].Draw(shape, parameters));
    }

    /// <summary>A large active folio is split while compaction looks at its head without a reference (Z17).</summary>
    private static void ComposeActiveSplit(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        int order = Math.Min(programme.Arena.HugeOrder, HugetlbShape.LargestAnon);
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: order));
        programme.Setup.Add(SlotOperation.Call<FolioActivate>(mm: 0, slot: 0));
        programme.Cpu(0).Add(shape.OneIn(2) ? SlotOperation.Call<SplitHugePage>(mm: 0, slot: 0) : FolioSplitAt.Call(mm: 0, slot: 0, order: 0, around: true));
        programme.Cpu(0).Add(ZapSlots.Call(mm: 0, slot: 0, count: 1 << order));
        programme.Cpu(0).Add(HugetlbGrow.Call());
        for (int cpu = 1; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 4; i++) programme.Cpu(cpu).Add(PfnWalk.Call<CompactionWalk>(pfn: shape.Pick(2), count: 1 + shape.Pick(4)));
    }

    /// <summary>Mms join and leave a shared page table, while others take references on pages by pfn (Z19).</summary>
    private static void ComposeSharing(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        HugetlbShape.SetUpPool(programme);
        for (int mm = 0; mm < Geometry.MaxMms; mm++)
            if (shape.OneIn(2)) programme.Setup.Add(SharingOperation.Call<PmdShare>(mm));
        for (int cpu = 0; cpu < programme.Arena.Cpus; cpu++)
            for (int i = 0; i < 4; i++)
                programme.Cpu(cpu).Add((cpu & 1) == 1
                    ? PfnWalk.Call<StaleLookups>(pfn: 0, count: parameters.SystemPages)
                    : HugetlbEntries.Maps[2 + shape.Pick(2)].Draw(shape, parameters));
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(HugetlbTurns.Arena(spare: 1), ["nr_hugepages_grow boot=0/1; do_anonymous_page mm=0 slot=0 order=2"],
            [.. HugetlbTurns.Pool, .. HugetlbTurns.Maps, .. MixTurns.Walks, .. MixTurns.Anon, .. MixTurns.Split, .. MixTurns.Blocks, "folio_activate mm=0 slot=0"]),
        // Memory that is one hugetlb folio: it is made of the page that is given back, and of no other.
        new(HugetlbTurns.Arena(spare: 0), ["do_anonymous_page mm=0 slot=0", "do_anonymous_page mm=0 slot=0; do_anonymous_page mm=0 slot=1; zap_pte_range mm=0 slot=1; drain_local_pages"],
            ["zap_pte_range mm=0 slot=0; drain_local_pages", "zap_pte_range mm=0 slot=0; nr_hugepages_grow", "drain_local_pages; nr_hugepages_grow", "nr_hugepages_grow; demote_pool_huge_page"],
            [.. MixTurns.Walks, .. HugetlbTurns.Pool]),
        // Mms that share a page table.
        new(HugetlbTurns.Arena(spare: 1), ["nr_hugepages_grow; huge_pmd_share mm=2; hugetlb_fault mm=2 table=0", "nr_hugepages_grow; huge_pmd_share mm=0; huge_pmd_share mm=2; hugetlb_fault mm=2 table=0"],
            ["huge_pmd_share mm=0/1/2", "huge_pmd_unshare mm=0/1/2", "hugetlb_fault mm=2 table=0/1", "zap_pte_range mm=2 slot=0", "filemap_get_entry pfn=0 count=16"]),
        // An active folio.
        new(HugetlbTurns.Arena(spare: 1), ["do_anonymous_page mm=0 slot=0 order=2/3; folio_activate mm=0 slot=0"],
            ["split_huge_page mm=0 slot=0", "folio_split mm=0 slot=0 order=0 around=1", "zap_pte_range mm=0 slot=0 count=4", "nr_hugepages_grow"], ["compaction pfn=0/1 count=1/4"]),
    ];
}
