namespace StressFarm.Exploration.Canaries;

/// <summary>A block that is handed out stays on its free list and marked as free.</summary>
public sealed class DropA3() : MutantCanary(Step.A3)
{
    public override IReadOnlyList<string> Invariants => ["I11"];
    public override string Workload => "driver-mmap";
}
