namespace StressFarm.Simulation;

/// <summary>Anonymous folios that are faulted in, zapped page by page, pinned and split, uniformly and not.</summary>
public sealed class FolioSplitWork : Workload
{
    public override string Id => "folio-split";
    public override string Summary => "splits of mapped folios against faults, zaps and GUP";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawMostly("cpus", 2, 2, 2, Math.Min(4, geometry.MaxCpus));
        int pmdOrder = shape.DrawMostly("pmd-order", 2, 2, 2, 4);
        int systemOrder = shape.DrawMostly("system-order", 4, 3, 4, Math.Min(6, geometry.LargestOrder));
        int mms = shape.DrawMostly("mms", 1, 4, 1, 2);
        int slots = 1 << shape.DrawMostly("slots-order", 2, 3, 1, 4);
        int zaps = shape.Draw("zaps", 0, 2), gups = shape.Draw("gups", 2, 6), splits = shape.Draw("splits", 2, 6);
        // Large folios take long to split: fewer operations keep the schedules alike in length, so that preemptions that are
        // spread over the longest of them fall within the others too.
        int work = shape.Draw("work", 4, 10);
        int ops = Math.Max(1, work / (cpus << (pmdOrder - 2)));
        programme.Arena = new Arena(cpus, systemOrder, -1, pmdOrder);
        var mix = new GupMix(mms, slots, pmdOrder, Faults: 1, zaps, gups, splits);
        programme.Setup.Add(mix.Fault(shape, 0));
        if (shape.OneIn(2)) programme.Setup.Add(mix.Fault(shape, 0));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++)
                mix.AddTo(programme.Cpu(cpu), shape);
    }
}
