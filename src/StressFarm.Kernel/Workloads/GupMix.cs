namespace StressFarm.Kernel.Workloads;

/// <summary>The operations of GUP and split in given weights, over the first slots of one or two mms.</summary>
/// <param name="Order">largest order that is faulted in</param>
public readonly record struct GupMix(int Mms, int Slots, int Order, int Faults, int Zaps, int Gups, int Splits)
{
    private const int HandleCount = 4;

    /// <summary>Adds a call; after GUP mostly the one that gives it back, as direct I/O does.</summary>
    public void AddTo(List<OpCall> calls, Shape shape)
    {
        OpCall call = Draw(shape);
        calls.Add(call);
        if (call.Operation is GetPages && !shape.OneIn(4))
            calls.Add(UnpinUserPages.Call(handle: GetPages.HandleOf(call)));
    }

    private OpCall Draw(Shape shape)
    {
        int forks = Mms - 1;
        int pick = shape.Pick(Faults + Zaps + Gups + Gups / 2 + Splits + forks);
        int mm = shape.Pick(Mms), slot = shape.Pick(Slots);
        if ((pick -= Faults) < 0) return Fault(shape, mm);
        if ((pick -= Zaps) < 0) return ZapSlots.Call(mm, slot, count: 1 + shape.Pick(4));
        // A tail is the more telling page: what is true of a head's refcount is not of its own.
        if ((pick -= Gups) < 0) return Gup(shape, mm, shape.OneIn(2) ? slot | (Math.Max(Slots, 2) - 1) >> shape.Pick(2) : slot);
        if ((pick -= Gups / 2) < 0) return UnpinUserPages.Call(handle: shape.Pick(HandleCount), range: shape.OneIn(4));
        return (pick - Splits) < 0 ? Split(shape, mm, slot) : Fork.Call<ForkSlots>(mm: 0, slot: slot, count: 1 + shape.Pick(4), child: 1);
    }

    public OpCall Fault(Shape shape, int mm) =>
        AnonFault.Call(mm, slot: shape.Pick(Slots), order: shape.OneIn(2) ? Order : shape.Pick(Order + 1), pmd: shape.Coin());

    private static OpCall Gup(Shape shape, int mm, int slot)
    {
        int count = shape.OneIn(2) ? 1 : 1 + shape.Pick(4);
        GupFlags flags = shape.OneIn(3) ? 0 : GupFlags.Write;
        int handle = shape.Pick(HandleCount);
        return shape.Pick(4) switch
        {
            0 => GetPages.Call<GetUserPagesFast>(mm, slot, count, handle, flags),
            1 => GetPages.Call<PinUserPages>(mm, slot, count, handle, flags),
            _ => GetPages.Call<PinUserPagesFast>(mm, slot, count, handle, flags),
        };
    }

    private OpCall Split(Shape shape, int mm, int slot) => shape.OneIn(3)
        ? SlotOperation.Call<SplitHugePage>(mm, slot)
        : FolioSplitAt.Call(mm, slot, order: shape.Pick(Math.Max(1, Order)), around: shape.Coin());
}
