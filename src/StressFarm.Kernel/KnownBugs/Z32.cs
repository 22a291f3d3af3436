namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z32.</summary>
public sealed class Z32 : KnownBug
{
    public override string Id => "Z32";
    public override string Title => "mm/migrate_device: fix spinlock leak in migrate_vma_insert_huge_pmd_page";
    public override string Source => "stable 7.0.y, 2026-05";
    public override string Mechanism => "exits that find the range taken or the mm unstable leave without the unlock";
    public override IReadOnlyList<string> Invariants => ["I57c", "I57"];
    public override string Workload => "migration";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.InsertPmdKeepsLock };
}
