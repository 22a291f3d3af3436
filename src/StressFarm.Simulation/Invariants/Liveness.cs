namespace StressFarm.Simulation.Invariants;

/// <summary>I57: a deadlock at once; a step bound under fair strategies only.</summary>
public sealed class OperationsTerminate : Invariant
{
    public override string Id => "I57";
    public override string Statement => "every operation ends within 10,000 of its CPU's own steps under a fair schedule, never do all CPUs wait, and no freeze is refused that nobody stands in the way of";
    public override When When => When.Always;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "hung task, soft lockup";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Deadlock, MomentKind.StepBound, MomentKind.FreezeRefused];

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
        if (moment.Kind == MomentKind.FreezeRefused)
        {
            Refused(judge, moment);
            return;
        }
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

    /// <summary>A refusal that repeats for ever: nobody but the refused holds anything, so there is nothing to wait for.</summary>
    private void Refused(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        // The freezer took one; what its CPU keeps from earlier operations is as foreign to it as what others keep.
        int own = 1 + o.CacheRefs + o.SwapRefs;
        if (own != o.ExpectedRefs || moment.B != (ulong)own) return;
        judge.Violate(this, moment.Cpu, o.Head, new Page(o.Head).Refcount.Index, "_refcount", $"a freeze of {own}", $"-EAGAIN: {moment.A} expected, {moment.B} found",
            $"the {o.Kind} at page {o.Head} has no reference but its caches' and CPU{moment.Cpu.Number}'s own, {own} in all, and is refused since {moment.A} are expected: trying again cannot help");
    }
}
