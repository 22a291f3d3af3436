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
        new(5, (s, p) => new(Operation<UnpinUserPages>.Instance, Handle(s), s.OneIn(4) ? 1 : 0)),
    ];

    public static MixEntry[] Split { get; } =
    [
        new(2, (s, p) => new(Operation<FolioSplitAt>.Instance, s.Pick(p.Mms), s.Pick(p.Slots), s.Pick(Math.Max(1, p.MaxOrder)), s.Pick(2))),
        new(1, (s, p) => new(Operation<SplitHugePage>.Instance, s.Pick(p.Mms), s.Pick(p.Slots))),
        new(1, (s, p) => new(Operation<SplitUnmappedFolio>.Instance, s.Pick(p.Mms), s.Pick(p.Slots))),
    ];

    private static int Handle(Shape shape) => FirstHandle + shape.Pick(HandleCount);

    private static OpCall Get<T>(Shape shape, MixShape parameters) where T : Operation, new() =>
        new(Operation<T>.Instance, shape.Pick(parameters.Mms), shape.Pick(parameters.Slots), 1 + shape.Pick(4), Handle(shape));
}
