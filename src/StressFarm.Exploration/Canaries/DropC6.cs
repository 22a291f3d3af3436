namespace StressFarm.Exploration.Canaries;

/// <summary>The mm slots of a large folio hold what the page held before.</summary>
public sealed class DropC6() : MutantCanary(Step.C6)
{
    public override IReadOnlyList<string> Invariants => ["I13", "I34"];
    public override string Workload => "driver-mmap";
}
