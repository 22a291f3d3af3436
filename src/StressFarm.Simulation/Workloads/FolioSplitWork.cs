namespace StressFarm.Simulation;

/// <summary>Anonymous folios that are faulted in, zapped page by page, pinned and split, uniformly and not.</summary>
public sealed class FolioSplitWork : Workload
{
    public override string Id => "folio-split";
    public override string Summary => "splits of mapped folios against faults, zaps and GUP";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.Draw("cpus", 2, Math.Min(4, geometry.MaxCpus));
        int pmdOrder = shape.Draw("pmd-order", 2, 4);
        int systemOrder = shape.Draw("system-order", 4, Math.Min(6, geometry.LargestOrder));
        int slots = 1 << shape.Draw("slots-order", 2, 4);
        int zaps = shape.Draw("zaps", 0, 3), gups = shape.Draw("gups", 1, 6), splits = shape.Draw("splits", 2, 6);
        int ops = shape.Draw("ops", 2, 6);
        programme.Arena = new Arena(cpus, systemOrder, -1, pmdOrder);
        programme.Setup.Add(GupMix.Fault(shape, slots, pmdOrder));
        if (shape.OneIn(2)) programme.Setup.Add(GupMix.Fault(shape, slots, pmdOrder));
        var mix = new GupMix(Faults: 2, zaps, gups, splits, slots, pmdOrder);
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++)
                programme.Cpu(cpu).Add(mix.Draw(shape));
    }
}
