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
}
