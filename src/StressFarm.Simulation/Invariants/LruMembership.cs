namespace StressFarm.Simulation.Invariants;

/// <summary>I12d: the LRU is a flag and a holder; the list itself is not modelled.</summary>
public sealed class LruHasAFolioOnce : Invariant
{
    public override string Id => "I12d";
    public override string Statement => "a folio is put on the LRU when it is off it, isolated by one at a time, off it when it is freed, and PG_lru says which at rest";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "list_add double add, VM_BUG_ON_FOLIO(folio_test_lru) in lru_add (partial)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.LruClash, MomentKind.FreeCheck];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        if (moment.Kind == MomentKind.FreeCheck)
        {
            if (o.OnLru) Report(judge, moment.Cpu, o, "off the LRU", "on it", "is freed while it is on the LRU");
            return;
        }
        bool on = moment.A != 0;
        Report(judge, moment.Cpu, o, on ? "off the LRU" : "on the LRU", on ? "on it" : "off it", on ? "is put on the LRU, on which it is" : "is taken off the LRU by two");
    }

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live || !o.IsFolio) return;
        bool says = (judge.Memory[new Page(o.Head).Flags] & PageFlag.Lru) != 0;
        if (says != o.OnLru) Report(judge, null, o, o.OnLru ? "PG_lru" : "no PG_lru", says ? "PG_lru" : "no PG_lru", $"is {(o.OnLru ? "on" : "off")} the LRU and PG_lru says otherwise");
    }

    private void Report(Judge judge, Cpu? cpu, in GhostObject o, string expected, string found, string what) =>
        judge.Violate(this, cpu, o.Head, new Page(o.Head).Flags.Low.Index, "flags", expected, found, $"the {o.Kind} at page {o.Head} {what}");
}
