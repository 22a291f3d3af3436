namespace StressFarm.Simulation.Invariants;

/// <summary>
/// I57d: the ghost knows who holds the folio lock; the kernel has one bit. A lock that is taken and not there is told at once. An
/// unlock by somebody else is kept and told at rest, unless what follows from it is told before: mostly a put of a reference that
/// was never taken (C2), whose published seeds keep their meaning.
/// </summary>
public sealed class FolioLockHasAHolder : Invariant
{
    public override string Id => "I57d";
    public override string Statement => "PG_locked is set when somebody has taken the folio lock, and whoever gives it up is the one who holds it";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_BUG_ON_FOLIO(!folio_test_locked(folio)) in folio_unlock (partial)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.FolioLocked, MomentKind.FolioUnlocking];

    public override void On(Judge judge, in Moment moment)
    {
        Word flags = new Page(moment.Pfn).Flags;
        bool set = (judge.Memory[flags] & PageFlag.Locked) != 0;
        if (moment.Kind == MomentKind.FolioLocked)
        {
            if (!set)
                judge.Violate(this, moment.Cpu, moment.Pfn, flags.Low.Index, "flags", "PG_locked", "not locked",
                    $"CPU{moment.Cpu.Number} has locked the folio at page {moment.Pfn}, and PG_locked is not set: anybody may lock it");
            return;
        }
        // A pointer from an earlier life, or a page that is nobody's, is I14's.
        if (moment.Object == Ghost.NoObject || (moment.A != 0 && moment.A != (ulong)judge.Ghost.LifeOf(moment.Pfn))) return;
        int locker = judge.Ghost[moment.Object].Locker;
        if (!set || locker != moment.Cpu.Number + 1) judge.Ghost.KeepWrongUnlock(moment.Pfn, moment.Cpu.Number + 1, locker);
    }

    public override void AuditMachine(Judge judge)
    {
        if (judge.Ghost.WrongUnlock is not { By: > 0 } wrong) return;
        string holder = wrong.Locker == 0 ? "nobody" : $"CPU{wrong.Locker - 1}";
        judge.Violate(this, null, wrong.Pfn, new Page(wrong.Pfn).Flags.Low.Index, "flags", $"unlocked by {holder}", $"unlocked by CPU{wrong.By - 1}",
            $"CPU{wrong.By - 1} has unlocked the folio at page {wrong.Pfn}, whose lock {holder} held");
    }

    public override void AuditEmpty(Judge judge) => AuditMachine(judge);
}
