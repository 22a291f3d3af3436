namespace StressFarm.Kernel.Workloads;

/// <summary>A little of everything. A group is switched on or off as a whole, so that schedules differ in kind (swarm testing).</summary>
public sealed class Mixed : Workload
{
    /// <summary>One line a subject; anonymous memory always takes part, since everything else lives beside it.</summary>
    private static readonly MixEntry[][] s_groups =
    [
        MixEntries.Gup,
        MixEntries.Split,
        MixEntries.Device,
        MixEntries.Driver,
        [.. MixEntries.Slab, .. MixEntries.HugeZero],
        MixEntries.Walks,
        MixEntries.Blocks,
        [.. GupEntries.Gup, .. GupEntries.Split],
    ];

    private static readonly Mix[] s_mixes = Mix.OfGroups(MixEntries.Anon, s_groups);

    public override string Id => "mixed";
    public override string Summary => "every operation of the other workloads, mixed";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        MixShape parameters = SystemShape.Draw(programme, geometry, huge: false).WithProducers(shape).WithDevice(programme, geometry);
        int groups = shape.Draw("groups", 1, s_mixes.Length - 1);
        SystemShape.SetUpFolios(programme, parameters);
        SystemShape.SetUpDriverMemory(programme, parameters);
        SystemShape.Fill(programme, s_mixes[groups], parameters);
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, 2, 2),
            ["driver_devmem_init order=1 count=1; do_anonymous_page mm=0 slot=0 order=2; driver_alloc_pages handle=0 producer=af-packet order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1"],
            [.. MixTurns.Gup, .. MixTurns.Split, .. MixTurns.Device, .. MixTurns.Driver, .. MixTurns.Slab, .. MixTurns.HugeZero, .. MixTurns.Walks, .. MixTurns.Blocks, .. MixTurns.Anon,
                "migrate_vma_split_unmapped_folio mm=0 slot=0"]),
        new(new Arena(2, 3, 2, 2), ["driver_devmem_init order=1 count=1; do_anonymous_page mm=0 slot=0 order=2 pmd=1"],
            [.. MixTurns.Gup, .. MixTurns.Split, .. MixTurns.Device, .. MixTurns.Anon, "migrate_vma_split_unmapped_folio mm=0 slot=0"]),
    ];
}
