namespace StressFarm.Simulation;

/// <summary>A little of everything.</summary>
public sealed class Mixed : Workload
{
    public override string Id => "mixed";
    public override string Summary => "every operation of the other workloads, mixed";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.Draw("cpus", 2, Math.Min(4, geometry.MaxCpus));
        int pmdOrder = shape.Draw("pmd-order", 2, 4);
        int systemOrder = shape.Draw("system-order", 4, Math.Min(7, geometry.LargestOrder));
        int ops = shape.Draw("ops", 2, 6);
        programme.Arena = new Arena(cpus, systemOrder, -1, pmdOrder);
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++)
            {
                int slot = shape.Pick(16);
                if (shape.OneIn(2)) programme.Cpu(cpu).Add(new(Operation<AnonFault>.Instance, 0, slot, shape.Pick(pmdOrder + 1), shape.Pick(2)));
                else programme.Cpu(cpu).Add(new(Operation<ZapSlots>.Instance, 0, slot, 1 + shape.Pick(4)));
            }
    }
}
