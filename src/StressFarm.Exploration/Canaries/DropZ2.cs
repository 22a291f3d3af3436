namespace StressFarm.Exploration.Canaries;

/// <summary>A device folio takes no reference on its pgmap.</summary>
public sealed class DropZ2() : MutantCanary(Step.Z2)
{
    public override IReadOnlyList<string> Invariants => ["I47"];
    public override string Workload => "device-private-reinit";
}
