namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z18.</summary>
public sealed class Z18 : KnownBug
{
    public override string Id => "Z18";
    public override string Title => "mm/migrate: make isolate_movable_page() skip slab pages";
    public override string Source => "8b8817630ae80032e80b2eaf334de756ac1ff6a3";
    public override string Mechanism => "a slab that left its list has LIST_POISON2 in the word that is mapping for others, and that has the bit of movable pages";
    public override IReadOnlyList<string> Invariants => ["I19b", "I49"];
    public override string Workload => "hwpoison";
    public override Policy Plant(Policy policy) => policy with { SlabRef = SlabRef.Counted, Deviations = policy.Deviations | Deviation.MovableWithoutSlabCheck };
}
