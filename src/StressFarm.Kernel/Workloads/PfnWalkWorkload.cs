namespace StressFarm.Kernel.Workloads;

/// <summary>PFN walkers over system memory whose pages change hands: folios, driver compounds, blocks that are not compound.</summary>
public sealed class PfnWalkWorkload : Workload
{
    private static readonly Mix s_mix = new([.. MixEntries.Walks, .. MixEntries.Walks, .. MixEntries.Anon, .. MixEntries.Blocks, .. MixEntries.Driver]);

    public override string Id => "pfn-walk";
    public override string Summary => "page_idle, compaction, kpageflags and offlining against memory that changes hands";

    public override void Compose(Programme programme, Geometry geometry)
    {
        MixShape parameters = SystemShape.Draw(programme, geometry, huge: true).WithProducers(programme.Shape);
        SystemShape.SetUpDriverMemory(programme, parameters);
        SystemShape.SetUpFolios(programme, parameters);
        SystemShape.Fill(programme, s_mix, parameters);
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, -1, 2),
        [
            "driver_alloc_pages handle=0 producer=af-packet order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1; do_anonymous_page mm=0 slot=0 order=0/2",
            "do_anonymous_page mm=0 slot=0 order=2 pmd=1; driver_alloc_pages handle=0 producer=io-uring order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1",
        ],
        [
            .. MixTurns.Walks, .. MixTurns.Anon, .. MixTurns.Blocks, .. MixTurns.Driver,
            "alloc_pages handle=4 order=0/2; __free_pages handle=4",
            "page_idle pfn=2 count=4",
            "filemap_get_entry pfn=0 count=4",
            "zap_pte_range mm=0 slot=4 count=2",
        ]),
    ];
}
