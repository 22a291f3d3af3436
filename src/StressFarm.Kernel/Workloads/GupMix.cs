namespace StressFarm.Kernel.Workloads;

/// <summary>The operations of GUP and split in given weights, over the first slots of one or two mms.</summary>
/// <param name="Order">largest order that is faulted in</param>
public readonly record struct GupMix(int Mms, int Slots, int Order, int Faults, int Zaps, int Gups, int Splits)
{
    private const int HandleCount = 4;
    /// <summary>GUP without FOLL_WRITE, as an addend of the number of pages.</summary>
    private const int ReadOnly = 256;

    /// <summary>Adds a call; after GUP mostly the one that gives it back, as direct I/O does.</summary>
    public void AddTo(List<OpCall> calls, Shape shape)
    {
        OpCall call = Draw(shape);
        calls.Add(call);
        if (call.Operation is PinUserPagesFast or PinUserPages or GetUserPagesFast && !shape.OneIn(4))
            calls.Add(new(Operation<UnpinUserPages>.Instance, call.D, 0));
    }

    private OpCall Draw(Shape shape)
    {
        int forks = Mms - 1;
        int pick = shape.Pick(Faults + Zaps + Gups + Gups / 2 + Splits + forks);
        int mm = shape.Pick(Mms), slot = shape.Pick(Slots);
        if ((pick -= Faults) < 0) return Fault(shape, mm);
        if ((pick -= Zaps) < 0) return new(Operation<ZapSlots>.Instance, mm, slot, 1 + shape.Pick(4));
        // A tail is the more telling page: what is true of a head's refcount is not of its own.
        if ((pick -= Gups) < 0) return Gup(shape, mm, shape.OneIn(2) ? slot | (Math.Max(Slots, 2) - 1) >> shape.Pick(2) : slot);
        if ((pick -= Gups / 2) < 0) return new(Operation<UnpinUserPages>.Instance, shape.Pick(HandleCount), shape.OneIn(4) ? 1 : 0);
        return (pick - Splits) < 0 ? Split(shape, mm, slot) : new(Operation<ForkSlots>.Instance, 0, slot, 1 + shape.Pick(4), 1);
    }

    public OpCall Fault(Shape shape, int mm) =>
        new(Operation<AnonFault>.Instance, mm, shape.Pick(Slots), shape.OneIn(2) ? Order : shape.Pick(Order + 1), shape.Pick(2));

    private static OpCall Gup(Shape shape, int mm, int slot)
    {
        int pages = (shape.OneIn(2) ? 1 : 1 + shape.Pick(4)) + (shape.OneIn(3) ? ReadOnly : 0), handle = shape.Pick(HandleCount);
        return shape.Pick(4) switch
        {
            0 => new(Operation<GetUserPagesFast>.Instance, mm, slot, pages, handle),
            1 => new(Operation<PinUserPages>.Instance, mm, slot, pages, handle),
            _ => new(Operation<PinUserPagesFast>.Instance, mm, slot, pages, handle),
        };
    }

    private OpCall Split(Shape shape, int mm, int slot) => shape.OneIn(3)
        ? new(Operation<SplitHugePage>.Instance, mm, slot)
        : new(Operation<FolioSplitAt>.Instance, mm, slot, shape.Pick(Math.Max(1, Order)), shape.Pick(2));
}
