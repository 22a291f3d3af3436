namespace StressFarm.Exploration.Canaries;

/// <summary>A page that is unmapped still counts as mapped.</summary>
public sealed class DropRmapRemove() : MutantCanary(Step.RmapRemove)
{
    public override IReadOnlyList<string> Invariants => ["I13", "I30", "I31"];
    public override string Workload => "gup-pin";
}
