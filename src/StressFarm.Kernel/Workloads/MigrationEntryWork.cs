namespace StressFarm.Kernel.Workloads;

/// <summary>Anonymous folios that are split while others read, or zap, the migration entries that a split makes of their mappings.</summary>
public sealed class MigrationEntryWork : Workload
{
    public override string Id => "migration-entry";
    public override string Summary => "readers of migration entries against the split that made them";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        int order = shape.DrawMostly("order", 2, 4, 2, 3);
        int splits = shape.Draw("splits", 1, 2), reads = shape.Draw("reads", 3, 6);
        programme.Arena = new Arena(cpus, Math.Min(5, geometry.LargestOrder), -1, 3);
        int pages = 1 << order;
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: order, pmd: shape.Coin()));
        if (shape.OneIn(4)) programme.Setup.Add(Fork.Call<ForkSlots>(mm: 0, slot: 0, count: pages, child: 1));
        for (int i = 0; i < splits; i++)
            programme.Cpu(0).Add(FolioSplitAt.Call(mm: 0, slot: shape.Pick(pages), order: shape.OneIn(4) ? 2 : 0, around: shape.Coin()));
        for (int cpu = 1; cpu < cpus; cpu++)
            for (int i = 0; i < reads; i++)
                programme.Cpu(cpu).Add(SoftleafVisit.Call(mm: 0, slot: 1 + shape.Pick(pages - 1), count: 1 + shape.Pick(pages), clear: shape.OneIn(8)));
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 4, -1, 3), ["do_anonymous_page mm=0 slot=0 order=2/3", "do_anonymous_page mm=0 slot=0 order=3 pmd=1", "do_anonymous_page mm=0 slot=0 order=2; copy_page_range mm=0 slot=0 count=4"],
            ["folio_split mm=0 slot=0/1/3 order=0 around=0/1", "folio_split mm=0 slot=0 order=2 around=0/1", "zap_nonpresent_ptes mm=0 slot=1/2/3 count=1/4 clear=0/1"]),
    ];
}
