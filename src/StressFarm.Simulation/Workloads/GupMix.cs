namespace StressFarm.Simulation;

/// <summary>The operations of GUP and split in given weights, over the first slots of mm 0.</summary>
public readonly record struct GupMix(int Faults, int Zaps, int Gups, int Splits, int Slots, int PmdOrder)
{
    private const int HandleCount = 4;

    public OpCall Draw(Shape shape)
    {
        int pick = shape.Pick(Faults + Zaps + 2 * Gups + Splits);
        int slot = shape.Pick(Slots);
        if ((pick -= Faults) < 0) return Fault(shape, Slots, PmdOrder);
        if ((pick -= Zaps) < 0) return new(Operation<ZapSlots>.Instance, 0, slot, 1 + shape.Pick(4));
        if ((pick -= Gups) < 0) return Gup(shape, slot);
        if ((pick -= Gups) < 0) return new(Operation<UnpinUserPages>.Instance, shape.Pick(HandleCount), shape.OneIn(4) ? 1 : 0);
        return Split(shape, slot);
    }

    public static OpCall Fault(Shape shape, int slots, int pmdOrder) =>
        new(Operation<AnonFault>.Instance, 0, shape.Pick(slots), shape.OneIn(2) ? pmdOrder : shape.Pick(pmdOrder + 1), shape.Pick(2));

    private static OpCall Gup(Shape shape, int slot)
    {
        int pages = shape.OneIn(2) ? 1 : 1 + shape.Pick(4), handle = shape.Pick(HandleCount);
        return shape.Pick(4) switch
        {
            0 => new(Operation<GetUserPagesFast>.Instance, 0, slot, pages, handle),
            1 => new(Operation<PinUserPages>.Instance, 0, slot, pages, handle),
            _ => new(Operation<PinUserPagesFast>.Instance, 0, slot, pages, handle),
        };
    }

    private OpCall Split(Shape shape, int slot) => shape.OneIn(3)
        ? new(Operation<SplitHugePage>.Instance, 0, slot)
        : new(Operation<FolioSplitAt>.Instance, 0, slot, shape.Pick(PmdOrder), shape.Pick(2));
}
