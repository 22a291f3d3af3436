namespace StressFarm.Kernel.Workloads;

/// <summary>The calls of GUP and split that workloads mix. Their handles are 6 to 9, after those of <see cref="MixEntries"/>.</summary>
public static class GupEntries
{
    private const int FirstHandle = 6, HandleCount = 4;

    public static MixEntry[] Gup { get; } =
    [
        new(3, (s, p) => Get<PinUserPagesFast>(s, p)),
        new(1, (s, p) => Get<PinUserPages>(s, p)),
        new(1, (s, p) => Get<GetUserPagesFast>(s, p)),
        new(5, (s, p) => UnpinUserPages.Call(handle: Handle(s), range: s.OneIn(4))),
    ];

    public static MixEntry[] Split { get; } =
    [
        new(2, (s, p) => FolioSplitAt.Call(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots), order: s.Pick(Math.Max(1, p.MaxOrder)), around: s.Coin())),
        new(1, (s, p) => SlotOperation.Call<SplitHugePage>(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots))),
        new(1, (s, p) => SlotOperation.Call<SplitUnmappedFolio>(mm: s.Pick(p.Mms), slot: s.Pick(p.Slots))),
    ];

    /// <summary>Pins, by the fast way or the slow one.</summary>
    public static GetPages DrawPin(Shape shape) => shape.OneIn(2) ? Operation<PinUserPagesFast>.Instance : Operation<PinUserPages>.Instance;

    /// <summary>A page is looked up without locks, for a pin or a reference, and given back: what one CPU of a duel does again and again.</summary>
    /// <param name="drawRange">now and then it is given back by the folio's own page count</param>
    public static void AddFastRound(List<OpCall> calls, Shape shape, int firstSlot, int slots, int handle, bool drawRange)
    {
        GetPages get = shape.OneIn(2) ? Operation<PinUserPagesFast>.Instance : Operation<GetUserPagesFast>.Instance;
        calls.Add(GetPages.Call(get, mm: 0, slot: firstSlot + shape.Pick(slots), handle: handle));
        calls.Add(UnpinUserPages.Call(handle, range: drawRange && shape.Coin()));
    }

    private static int Handle(Shape shape) => FirstHandle + shape.Pick(HandleCount);

    private static OpCall Get<T>(Shape shape, MixShape parameters) where T : GetPages, new() =>
        GetPages.Call<T>(mm: shape.Pick(parameters.Mms), slot: shape.Pick(parameters.Slots), count: 1 + shape.Pick(4), handle: Handle(shape));
}
