namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z31.</summary>
public sealed class Z31 : KnownBug
{
    public override string Id => "Z31";
    public override string Title => "mm/migrate_device: don't add folio to be freed to LRU in migrate_device_finalize()";
    public override string Source => "41cddf83d8b00f29fd105e7a0777366edc69a5cf, CVE-2025-21861";
    public override string Mechanism => "a folio whose charge has moved to its successor is put back on the LRU before its last reference goes";
    public override IReadOnlyList<string> Invariants => ["I12b"];
    public override string Workload => "migration";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.PutbackUncharged };
}
