namespace StressFarm.Exploration.Canaries;

/// <summary>A split takes a reference that the count does not show.</summary>
public sealed class DropS1() : MutantCanary(Step.S1)
{
    public override IReadOnlyList<string> Invariants => ["I12", "I22"];
    public override string Workload => "folio-split";
}
