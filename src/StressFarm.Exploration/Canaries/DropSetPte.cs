namespace StressFarm.Exploration.Canaries;

/// <summary>A fault takes its references and sets no entry.</summary>
public sealed class DropSetPte() : MutantCanary(Step.SetPte)
{
    public override IReadOnlyList<string> Invariants => ["I21b"];
    public override string Workload => "folio-split";
}
