namespace StressFarm.Exploration.Canaries;

/// <summary>Nothing marks a slab as one.</summary>
public sealed class DropSlabAlloc() : MutantCanary(Step.SlabAlloc)
{
    public override IReadOnlyList<string> Invariants => ["I49"];
    public override string Workload => "slab-compound";
}
