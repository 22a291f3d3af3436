namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z38.</summary>
public sealed class Z38 : KnownBug
{
    public override string Id => "Z38";
    public override string Title => "planted: has_hwpoisoned is set before a reference is held";
    public override string Source => "synthetic";
    public override string Mechanism => "folio_set_order() reads page[1].flags, memory_failure() sets has_hwpoisoned in it, and the write of the order takes the bit back; or the page has gone to another folio than the one that is marked";
    public override IReadOnlyList<string> Invariants => ["I52", "I11", "I18"];
    public override string Workload => "hwpoison-split";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.HasHwpoisonedBeforeReference };
}
