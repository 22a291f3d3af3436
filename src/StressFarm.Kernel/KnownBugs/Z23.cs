namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z23.</summary>
public sealed class Z23 : KnownBug
{
    public override string Id => "Z23";
    public override string Title => "mm/hugetlb: fix potential race in __update_and_free_hugetlb_folio()";
    public override string Source => "5596d9e8b553dacb0ac34bcf873cbbfb16c3ba3e";
    public override string Mechanism => "what is recorded in the folio moves to its pages while the folio still is hugetlb: a memory failure after that is recorded where nobody reads it any more";
    public override IReadOnlyList<string> Invariants => ["I52"];
    public override string Workload => "hwpoison";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.PoisonMovedWhileHugetlb };
}
