namespace StressFarm.Simulation.Invariants;

/// <summary>I28c: the cause of which I28b and I53 are the consequences, which need far rarer schedules.</summary>
public sealed class WaitsOutlastTheirReaders : Invariant
{
    public override string Id => "I28c";
    public override string Statement => "tlb_remove_table_sync_one() and synchronize_rcu() return when every CPU that was inside a section at the beginning has left it";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.WaitOver];

    public override void On(Judge judge, in Moment moment) =>
        judge.Violate(this, moment.Cpu, -1, judge.Machine.Cells.ReadersOf(moment.Cpu.Number).Low.Index, "readers", "none left", $"CPUs {moment.A:x}",
            $"{(moment.B != 0 ? "synchronize_rcu()" : "tlb_remove_table_sync_one()")} on CPU{moment.Cpu.Number} has returned while CPUs {moment.A:x} (one bit each) are inside the sections that it waits for");
}
