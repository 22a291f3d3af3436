namespace StressFarm.Kernel.Workloads;

/// <summary>Driver memory mapped to user space, by all its producers, in up to three mms, beside anonymous folios.</summary>
public sealed class DriverMmap : Workload
{
    private static readonly Mix s_mix = new([.. MixEntries.Driver, .. MixEntries.Anon]);

    public override string Id => "driver-mmap";
    public override string Summary => "compound pages of drivers in user page tables: vm_insert_page(s), ->fault, fork, zap, free";

    public override void Compose(Programme programme, Geometry geometry)
    {
        MixShape parameters = SystemShape.Draw(programme, geometry, huge: true).WithProducers(programme.Shape);
        SystemShape.SetUpFolios(programme, parameters);
        SystemShape.SetUpDriverMemory(programme, parameters);
        SystemShape.Fill(programme, s_mix, parameters);
    }

    protected override IEnumerable<Scene> Scenes =>
    [
        new(new Arena(2, 3, -1, 2),
        [
            "do_anonymous_page mm=0 slot=0 order=2; driver_alloc_pages handle=0 producer=af-packet/io-uring order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1",
            "do_anonymous_page mm=0 slot=0; driver_alloc_pages handle=0 producer=sg/ring-buffer order=1; driver_mmap mm=0 slot=4 handle=0 count=2 setup=1",
            "do_anonymous_page mm=0 slot=0; driver_alloc_pages handle=0 producer=plain; driver_mmap mm=0 slot=4 handle=0 setup=1",
        ],
        [
            .. MixTurns.Anon, .. MixTurns.Driver,
            "zap_pte_range mm=0 slot=4 count=1/2",
            "copy_page_range mm=0 slot=4 count=2",
            "driver_alloc_pages handle=0 producer=af-packet/ring-buffer order=1; driver_mmap mm=0 slot=6 handle=0 count=2",
            "driver_alloc_pages handle=0 producer=sg/plain order=1; driver_free_pages handle=0",
            "driver_mmap mm=0/1 slot=4 handle=0 first=1 setup=1",
        ]),
    ];
}
