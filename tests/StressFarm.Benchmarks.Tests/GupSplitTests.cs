namespace StressFarm.Benchmarks.Tests;

/// <summary>StressFarm's part of the comparison with the peers: that it is the protocol which it says it is.</summary>
public class GupSplitTests
{
    private const int Schedules = 50;

    /// <summary>Counts the steps of each kind, and those taken while all three CPUs had something to do.</summary>
    private sealed class StepCount(Machine machine) : ITrace
    {
        private readonly Dictionary<Step, int> _steps = [];

        public long Concurrent { get; private set; }
        public long ByThree { get; private set; }
        public int this[Step step] => _steps.GetValueOrDefault(step);

        public void Record(StepCpu cpu, in Access access, ulong old, ulong value)
        {
            _steps[access.Step] = this[access.Step] + 1;
            if (cpu == machine.SetupCpu) return;
            Concurrent++;
            if (machine.Cpus.Take(3).All(c => !c.Finished)) ByThree++;
        }

        public void RecordRaw(StepCpu cpu, Word word, ulong old, ulong value) { }
    }

    [Fact]
    public void Pages_are_pinned_and_unpinned_and_the_folio_is_split_and_made_anew()
    {
        var batch = new GupSplitBatch();
        Machine machine = batch.Runner.Machine;
        var count = new StepCount(machine);
        machine.Trace = count;
        batch.Run(Schedules);
        // G6 is the barrier of a page that was pinned without a lock. As in SPIN's model, most of the time there is none mapped.
        Assert.InRange(count[Step.G6], Schedules * 2 * GupSplit.Pins / 10, Schedules * 2 * GupSplit.Pins);
        Assert.True(count[Step.Unpin] >= count[Step.G6], "what is pinned is unpinned");
        // Every split got as far as its first checks: there was a folio each time.
        Assert.Equal(Schedules * GupSplit.Splits, machine.Splits.Attempts);
        Assert.InRange(machine.Splits.Done, Schedules * GupSplit.Splits / 20, Schedules * GupSplit.Splits * 19 / 20);
        Assert.Equal(machine.Splits.Attempts, machine.Splits.Done + machine.Splits.AgainEarly + machine.Splits.AgainFreeze);
        // Seven of eight pages of each split get a reference of their own.
        Assert.True(count[Step.S12] >= 7 * machine.Splits.Done);
    }

    /// <summary>A CPU that is left alone steps faster than three by turns: that must not be what is measured.</summary>
    [Fact]
    public void Three_CPUs_run_nearly_all_the_time()
    {
        var batch = new GupSplitBatch();
        var count = new StepCount(batch.Runner.Machine);
        batch.Runner.Machine.Trace = count;
        batch.Run(Schedules);
        Assert.True(count.ByThree >= 0.75 * count.Concurrent, $"{count.ByThree} of {count.Concurrent} steps");
    }

    [Fact]
    public void It_is_judged()
    {
        var batch = new GupSplitBatch();
        Assert.True(batch.Runner.Machine.Judge.Enabled);
        ScheduleResult first = batch.Next();
        Assert.Equal(ScheduleEnd.Done, first.End);
        Assert.Equal(first, new GupSplitBatch().Next());
    }

    /// <summary>The invariants see this programme: without the freeze a pinned folio is split.</summary>
    [Fact]
    public void A_split_without_the_freeze_is_caught()
    {
        var runner = new ScheduleRunner(new Machine(new Geometry()));
        var programme = new Programme();
        Policy broken = Policy.TryParse("spl=nofreeze", out string error) ?? throw new InvalidOperationException(error);
        int violated = 0;
        for (ulong seed = 1; seed <= Schedules; seed++)
        {
            programme.Compose(new GupSplit(), runner.Machine.Geometry, seed, new Dictionary<string, int>());
            if (runner.Run(programme, broken, new RandomWalk(), seed).End == ScheduleEnd.Violated) violated++;
        }
        Assert.True(violated > 0);
    }
}
