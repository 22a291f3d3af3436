namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z05: silent on a machine whose loads are in order.</summary>
public sealed class Z05 : KnownBug
{
    public override string Id => "Z05";
    public override string Title => "mm/huge_memory: fix folio isn't locked in softleaf_to_folio()";
    public override string Source => "4c5e7f0fcd592801c9cc18f29f80fbee84eb8669";
    public override string Mechanism => "the split's write barrier orders a new head's flags before its cleared compound_info; the reader of a migration entry has no barrier between the two loads, and sees the head unlocked";
    public override IReadOnlyList<string> Invariants => ["I41"];
    public override string Workload => "migration-entry";
    public override Policy Plant(Policy policy) => policy with { Spl = Spl.NoRmb, MemoryModel = MemoryModel.Weak };
    public override Policy Twin(Policy policy) => policy with { MemoryModel = MemoryModel.Weak };
}
