namespace StressFarm.Simulation.Invariants;

/// <summary>I36b: device memory of MEMORY_DEVICE_FS_DAX has rmap without the flag.</summary>
public sealed class RmappableSaysWhatIsAFolio : Invariant
{
    public override string Id => "I36b";
    public override string Statement => "large_rmappable is set on what is published as a large folio and on nothing else of order > 0";
    public override When When => When.Always;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "none; VM_WARN_ON_FOLIO(folio_test_large(folio) && !folio_test_large_rmappable(folio)) in folio_remove_rmap (partial)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Published];

    public override void On(Judge judge, in Moment moment)
    {
        ref GhostObject o = ref judge.Ghost[moment.Object];
        if (!o.IsCompound || o.ShareLife || judge.Policy.TypesPages) return;
        var folio = new Folio(o.Head);
        bool says = (judge.Memory[folio.SecondFlags] & PageFlag.LargeRmappable) != 0;
        if (says == o.Rmappable) return;
        judge.Violate(this, moment.Cpu, o.Head, folio.SecondFlags.Low.Index, "large_rmappable", o.Rmappable ? "set" : "clear", says ? "set" : "clear",
            $"the {o.Kind} at page {o.Head} (order {o.Order}) is published {(says ? "with" : "without")} large_rmappable");
    }
}
