namespace StressFarm.Exploration.Canaries;

/// <summary>A folio is freed with its memcg.</summary>
public sealed class DropP4() : MutantCanary(Step.P4)
{
    public override IReadOnlyList<string> Invariants => ["I18"];
    public override string Workload => "mixed";
}
