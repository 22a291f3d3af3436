namespace StressFarm.Exploration.Canaries;

/// <summary>A walker takes a reference that the count does not show.</summary>
public sealed class DropW2() : MutantCanary(Step.W2)
{
    public override IReadOnlyList<string> Invariants => ["I12", "I22"];
    public override string Workload => "pfn-walk";
}
