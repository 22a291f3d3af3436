namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z24.</summary>
public sealed class Z24 : KnownBug
{
    public override string Id => "Z24";
    public override string Title => "mm/hwpoison: fix race between hugetlb free/demotion and memory_failure_hugetlb()";
    public override string Source => "405ce051236cc65b30bbfe490b28ce60ae6aed85";
    public override string Mechanism => "memory_failure() looks up the hugetlb folio without hugetlb_lock, and marks what has become of it";
    public override IReadOnlyList<string> Invariants => ["I52", "I15"];
    public override string Workload => "hwpoison";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.HugetlbTestWithoutLock };
}
