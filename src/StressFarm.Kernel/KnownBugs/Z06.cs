namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z06.</summary>
public sealed class Z06 : KnownBug
{
    public override string Id => "Z06";
    public override string Title => "mm/gup: fix try_grab_compound_head() race with split_huge_page()";
    public override string Source => "c24d37322548a6ec3caec67100d28b9c1f89f60a";
    public override string Mechanism => "GUP-fast reads page_folio(), a split completes, and the reference goes to the old head, which no longer has the page: nothing looks again";
    public override IReadOnlyList<string> Invariants => ["I15"];
    public override string Workload => "folio-split";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.GupFastNoRecheck };
}
