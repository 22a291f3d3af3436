namespace StressFarm.Simulation;

/// <summary>I57: a deadlock at once; a step bound under fair strategies only.</summary>
public sealed class OperationsTerminate : Invariant
{
    public override string Id => "I57";
    public override string Statement => "every operation ends within 10,000 of its CPU's own steps under a fair schedule, and never do all CPUs wait";
    public override When When => When.Always;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "hung task, soft lockup";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Deadlock, MomentKind.StepBound];

    /// <summary>A migration entry with no migration under way: whoever faults on it sleeps for ever.</summary>
    public override void AuditMachine(Judge judge)
    {
        var search = new MigrationSearch();
        PageTables.Visit(judge, ref search);
        if (search.Cell.Index < 0) return;
        judge.Violate(this, null, search.Value.Pfn, search.Cell.Low.Index, "migration entry", "a present or device-private entry, or none", $"{search.Value}",
            $"{judge.Machine.Cells.NameOf(search.Cell)} still is a migration entry for page {search.Value.Pfn}: a fault on it would wait for ever");
    }

    public override void On(Judge judge, in Moment moment)
    {
        Cpu cpu = moment.Cpu;
        if (moment.Kind == MomentKind.StepBound)
        {
            judge.Violate(this, cpu, -1, -1, "progress", "an end", $"{cpu.OperationSteps} steps",
                $"{cpu.Operation?.Id} on CPU{cpu.Number} has taken {cpu.OperationSteps} steps and is at {cpu.Pending.Step}");
            return;
        }
        var word = new Word(cpu.Pending.Location);
        MemMap memory = judge.Memory;
        bool page = memory.IsPageWord(word);
        string what = page
            ? (cpu.Pending.A == PageFlag.Locked ? "PG_locked" : "the _mm_ids lock") + $" of page {word.Index / Layout.WordsPerPage}"
            : judge.Machine.Cells.NameOf(word);
        judge.ViolateWaiting(this, cpu, page ? word.Index / Layout.WordsPerPage : -1, word.Low.Index, page ? "flags" : "lock",
            "a CPU that can go on", $"all wait; CPU{cpu.Number} at {cpu.Pending.Step} for {what}",
            $"deadlock: every unfinished CPU waits; CPU{cpu.Number} waits in {cpu.Pending.Step} for {what}");
    }
}
