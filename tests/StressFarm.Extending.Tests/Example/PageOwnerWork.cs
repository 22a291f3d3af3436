namespace StressFarm.Extending;

/// <summary>One CPU reads page_owner while the others fault pages in, give them swap entries and now and then unmap them.</summary>
public sealed class PageOwnerWork : Workload
{
    private const int Slots = 8;

    public override string Id => "page-owner";
    public override string Summary => "page_owner's walk against pages that leave the buddy for the swap cache";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        programme.Arena = new Arena(cpus, shape.Draw("system-order", 4, 6), -1, 3);
        int maxOrder = shape.DrawMostly("max-order", 0, 4, 0, 2), walks = shape.Draw("walks", 1, 6), faults = shape.Draw("faults", 1, 3);
        // A page or two are gone, so that the rest is several free blocks.
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: shape.Pick(2) * 2));
        for (int i = 0; i < walks; i++)
            programme.Cpu(0).Add(PfnWalk.Call<ReadPageOwner>(pfn: shape.Pick(4), count: programme.Arena.SystemPages));
        for (int cpu = 1; cpu < cpus; cpu++)
            for (int i = 0; i < faults; i++)
            {
                int slot = shape.Pick(Slots);
                programme.Cpu(cpu).Add(AnonFault.Call(mm: 0, slot, order: shape.Pick(maxOrder + 1)));
                programme.Cpu(cpu).Add(SlotOperation.Call<SwapOutAnon>(mm: 0, slot));
                if (shape.OneIn(4)) programme.Cpu(cpu).Add(ZapSlots.Call(mm: 0, slot, count: 1));
            }
    }
}
