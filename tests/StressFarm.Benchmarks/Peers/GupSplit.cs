namespace StressFarm.Benchmarks;

/// <summary>
/// The protocol that the peers are compared on, of the model's real operations: two CPUs pin and unpin pages of an order-3
/// folio by GUP-fast; a third splits the folio, unmaps its pages and faults a new one in, again and again.
/// </summary>
public sealed class GupSplit : Workload
{
    /// <summary>Order of the folio, which one PMD entry maps.</summary>
    public const int Order = 3;
    /// <summary>How often a schedule splits the folio.</summary>
    public const int Splits = 6;
    /// <summary>How often each of the other two CPUs pins: about as many steps as the splits take, so that all three run to the end.</summary>
    public const int Pins = 130;

    public override string Id => "gup-split";
    public override string Summary => "GUP-fast against the split of a folio that is made anew each time";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        // Room for a few folios: what a pin still holds comes back later.
        programme.Arena = new Arena(Cpus: 3, SystemOrder: 6, DeviceOrder: -1, PmdOrder: Order);
        OpCall fault = AnonFault.Call(mm: 0, slot: 0, order: Order, pmd: true);
        programme.Setup.Add(fault);
        for (int cpu = 0; cpu < 2; cpu++)
            for (int i = 0; i < Pins; i++)
            {
                programme.Cpu(cpu).Add(GetPages.Call<PinUserPagesFast>(mm: 0, slot: shape.Pick(1 << Order), count: 1, handle: 0));
                programme.Cpu(cpu).Add(UnpinUserPages.Call(handle: 0));
            }
        for (int i = 0; i < Splits; i++)
        {
            programme.Cpu(2).Add(SlotOperation.Call<SplitHugePage>(mm: 0, slot: shape.Pick(1 << Order)));
            programme.Cpu(2).Add(ZapSlots.Call(mm: 0, slot: 0, count: 1 << Order));
            programme.Cpu(2).Add(fault);
        }
    }
}
