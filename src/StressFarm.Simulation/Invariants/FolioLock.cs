namespace StressFarm.Simulation;

/// <summary>I57d: the ghost knows who holds the folio lock; the kernel has one bit.</summary>
public sealed class FolioLockHasAHolder : Invariant
{
    public override string Id => "I57d";
    public override string Statement => "PG_locked is set while somebody holds the folio lock, and whoever gives it up is the one who holds it";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_BUG_ON_FOLIO(!folio_test_locked(folio)) in folio_unlock (partial)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.FolioLocked, MomentKind.FolioUnlocking];

    public override void On(Judge judge, in Moment moment)
    {
        Word flags = new Page(moment.Pfn).Flags;
        int locker = moment.Object == Ghost.NoObject ? 0 : judge.Ghost[moment.Object].Locker;
        bool held = locker == moment.Cpu.Number + 1, set = (judge.Memory[flags] & PageFlag.Locked) != 0;
        // A pointer from an earlier life is I14's.
        if (moment.A != 0 && moment.A != (ulong)judge.Ghost.LifeOf(moment.Pfn)) return;
        if (set && (held || moment.Object == Ghost.NoObject)) return;
        string holder = locker == 0 ? "nobody" : $"CPU{locker - 1}";
        judge.Violate(this, moment.Cpu, moment.Pfn, flags.Low.Index, "flags", $"PG_locked, by CPU{moment.Cpu.Number}", set ? $"PG_locked, by {holder}" : "not locked",
            $"CPU{moment.Cpu.Number} {(moment.Kind == MomentKind.FolioLocked ? "has locked" : "unlocks")} the folio at page {moment.Pfn}, {(set ? $"whose lock {holder} holds" : "whose PG_locked is not set")}");
    }
}
