namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z27.</summary>
public sealed class Z27 : KnownBug
{
    public override string Id => "Z27";
    public override string Title => "mm/huge_memory: don't unpoison huge_zero_folio";
    public override string Source => "fe6f86f4b40855a130a19aa589f9ba7f650423f4";
    public override string Mechanism => "memory_failure() marks a page of the huge zero folio and takes no reference; unpoison_memory() puts one";
    public override IReadOnlyList<string> Invariants => ["I21", "I22"];
    public override string Workload => "hwpoison";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.UnpoisonHugeZero };
}
