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
}
