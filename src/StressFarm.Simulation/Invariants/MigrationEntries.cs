namespace StressFarm.Simulation.Invariants;

/// <summary>I41: judged by what the reader sees, which under MM=WEAK need not be what is there.</summary>
public sealed class MigrationEntriesLeadToLockedFolios : Invariant
{
    public override string Id => "I41";
    public override string Statement => "whoever reads a migration entry under the page table lock sees its folio locked";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_WARN_ON_ONCE in softleaf_migration_sync";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.MigrationEntryRead];

    public override void On(Judge judge, in Moment moment)
    {
        if ((moment.A & PageFlag.Locked) != 0) return;
        var folio = new Page(moment.Pfn);
        bool locked = (judge.Memory[folio.Flags] & PageFlag.Locked) != 0;
        judge.Violate(this, moment.Cpu, moment.Pfn, folio.Flags.Low.Index, "flags", "PG_locked", $"{moment.A & 0xff:x}",
            $"a migration entry for page {moment.B} leads to the folio at page {moment.Pfn}, whose flags are read without PG_locked{(locked ? ": it is locked, and the reader sees flags from before" : "")}");
    }
}
