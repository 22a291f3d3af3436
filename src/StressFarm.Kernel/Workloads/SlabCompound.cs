namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Compound pages that are never mapped by reference: slab, large kmalloc, the huge zero folio; anonymous folios reuse the
/// words they leave behind, and walkers look at them meanwhile.
/// </summary>
public sealed class SlabCompound : Workload
{
    private static readonly Mix s_mix = new([.. MixEntries.Slab, .. MixEntries.HugeZero, .. MixEntries.Anon, .. MixEntries.Walks]);

    public override string Id => "slab-compound";
    public override string Summary => "slab, large kmalloc and the huge zero folio beside anonymous folios and PFN walkers";

    public override void Compose(Programme programme, Geometry geometry)
    {
        MixShape parameters = SystemShape.Draw(programme, geometry, huge: true);
        SystemShape.SetUpFolios(programme, parameters);
        SystemShape.Fill(programme, s_mix, parameters);
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, -1, 2), ["", "do_anonymous_page mm=0 slot=0 order=0/2", "do_anonymous_page mm=0 slot=0 order=2 pmd=1"],
        [
            .. MixTurns.Slab, .. MixTurns.HugeZero, .. MixTurns.Anon, .. MixTurns.Walks,
            "kmalloc_new handle=2 order=2; kfree handle=2 page=0/1",
            "kmalloc_new handle=2 order=2 large=1; kfree handle=2",
            "driver_alloc_pages handle=5 producer=huge-zero order=1",
            "page_idle pfn=0 count=4",
            "filemap_get_entry pfn=0 count=4",
        ]),
    ];
}
