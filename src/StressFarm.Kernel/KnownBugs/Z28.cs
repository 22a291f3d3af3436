namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z28.</summary>
public sealed class Z28 : KnownBug
{
    public override string Id => "Z28";
    public override string Title => "mm: prevent get_user_pages() from overflowing page refcount";
    public override string Source => "8fde12ca79af, CVE-2019-11487";
    public override string Mechanism => "GUP adds references without looking at the count: it passes the largest positive number, and on, through 0, while the page is in use";
    public override IReadOnlyList<string> Invariants => ["I22"];
    public override string Workload => "gup-pin";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.GupNoOverflowCheck };
}
