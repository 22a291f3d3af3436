namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z22.</summary>
public sealed class Z22 : KnownBug
{
    public override string Id => "Z22";
    public override string Title => "mm/memory_hotplug: fix call folio_test_large with tail page in do_migrate_range";
    public override string Source => "cd54bcf3cab4 in -mm";
    public override string Mechanism => "page_folio() gives a free page, which is then allocated as a tail; folio_test_large() is asked of it without a reference";
    public override IReadOnlyList<string> Invariants => ["I02b", "I15"];
    public override string Workload => "hotplug";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.OfflineTestsTail };
}
