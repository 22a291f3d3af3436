namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Large anonymous folios that fail while they are split, mapped, forked and pinned. Three quarters of the schedules are one folio of which
/// a page fails while somebody splits it; the rest is drawn freely.
/// </summary>
public sealed class HwPoisonSplit : Workload
{
    private static readonly Mix s_mix = new([.. HugetlbEntries.Poison, .. MixEntries.Anon, .. MixEntries.Split, .. MixEntries.Split, .. MixEntries.Gup]);

    public override string Id => "hwpoison-split";
    public override string Summary => "memory_failure against large anonymous folios that are split, forked and pinned";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int pattern = shape.Draw("pattern", 0, 3), ops = shape.Draw("ops", 1, 8);
        MixShape parameters = HugetlbShape.Draw(programme, geometry, spare: 1);
        if (pattern != 0)
        {
            ComposeSplit(programme, parameters);
            return;
        }
        SystemShape.SetUpFolios(programme, parameters);
        s_mix.Fill(programme, parameters, ops);
    }

    /// <summary>
    /// The first page of a large anonymous folio fails while the folio is split to smaller ones (Z38). Copies of
    /// page words, which disturb nobody, let the failure come at any point of the split.
    /// </summary>
    private static void ComposeSplit(Programme programme, MixShape parameters)
    {
        Shape shape = programme.Shape;
        int order = Math.Min(programme.Arena.HugeOrder, HugetlbShape.LargestAnon);
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: order));
        programme.Cpu(0).Add(FolioSplitAt.Call(mm: 0, slot: 0, order: 2, around: shape.Coin()));
        for (int cpu = 1; cpu < programme.Arena.Cpus; cpu++)
        {
            if (shape.OneIn(3)) programme.Cpu(cpu).Add(PfnWalk.Call<SnapshotWalk>(pfn: 0, count: 8 + shape.Pick(24)));
            programme.Cpu(cpu).Add(PageOperation.Call<MemoryFails>(pfn: shape.Pick(2) * 4));
        }
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(HugetlbTurns.Arena(spare: 1), ["do_anonymous_page mm=0 slot=0 order=2", "do_anonymous_page mm=0 slot=0 order=3 pmd=0/1"],
        [
            .. HugetlbTurns.Poison, .. MixTurns.Anon, .. MixTurns.Gup,
            "split_huge_page mm=0 slot=0/1",
            "folio_split mm=0 slot=0 order=0/2 around=0/1",
            "kpageflags pfn=0 count=8",
        ]),
    ];
}
