namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z09.</summary>
public sealed class Z09 : KnownBug
{
    public override string Id => "Z09";
    public override string Title => "mm/huge_memory: fix dereferencing invalid pmd migration entry";
    public override string Source => "be6e843fc51a584672dfd9c4a6a24c8cb81d5fb7, CVE-2025-37958";
    public override string Mechanism => "the rmap walk of a split meets a PMD migration entry of another folio and takes pmd_folio() of it";
    public override IReadOnlyList<string> Invariants => ["I14b"];
    public override string Workload => "migration";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.SplitDecodesMigrationPmd };
}
