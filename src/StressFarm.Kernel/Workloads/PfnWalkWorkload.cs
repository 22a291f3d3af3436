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
}
