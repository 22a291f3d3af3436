namespace StressFarm.Exploration.Canaries;

/// <summary>A page is handed out without a reference.</summary>
public sealed class DropA9() : MutantCanary(Step.A9)
{
    public override IReadOnlyList<string> Invariants => ["I21", "I22"];
    public override string Workload => "gup-pin";
}
