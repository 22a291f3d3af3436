namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z21.</summary>
public sealed class Z21 : KnownBug
{
    public override string Id => "Z21";
    public override string Title => "mm: memory-hotplug: check folio ref count first in do_migrate_range";
    public override string Source => "773b9a6aa6d38894b95088e3ed6f8a701d9f50fd";
    public override string Mechanism => "offlining looks at a folio before it has a reference, and moves what the page has become since";
    public override IReadOnlyList<string> Invariants => ["I15"];
    public override string Workload => "hotplug";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.OfflineTestsBeforeRef };
}
