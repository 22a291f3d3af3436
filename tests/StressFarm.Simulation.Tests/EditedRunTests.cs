namespace StressFarm.Simulation.Tests;

/// <summary>A run under edits is the same whether its CPUs go on without being suspended or are stepped one access at a time.</summary>
public class EditedRunTests
{
    private const Step Edited = Step.C6, Other = Step.C7;
    private static readonly Page s_page = new(8);

    public static TheoryData<EditAction> Actions => [.. Enum.GetValues<EditAction>()];

    [Theory]
    [MemberData(nameof(Actions))]
    public void Running_is_stepping(EditAction action)
    {
        var plan = new EditPlan([new Edit((int)Edited, action) { Accesses = 3, Nth = 2, Value = 40 }]);
        var differing = 0;
        for (ulong seed = 0; seed < 40; seed++)
        {
            var log = new Logged(seed);
            Machine ran = Ready(plan), stepped = Ready(plan), plain = Ready(null);
            ran.Run(log.First(ran), log);
            foreach (int choice in log.Choices) stepped.Step(stepped.Steppers[choice]);
            Assert.Equal((ran.Digest, ran.Steps), (stepped.Digest, stepped.Steps));
            Assert.All(stepped.Cpus, cpu => Assert.True(cpu.Finished));
            var other = new Logged(seed);
            plain.Run(other.First(plain), other);
            if (plain.Memory[s_page.Private] != ran.Memory[s_page.Private] || plain.Digest != ran.Digest) differing++;
        }
        // What is only told to a CPU is not in the digest, and nobody here acts on it.
        Assert.Equal(action == EditAction.ReplaceRead ? 0 : 40, differing);
    }

    private static Machine Ready(EditPlan? plan)
    {
        var stage = new Stage();
        stage.Machine.Planted = plan;
        stage.Machine.Reset(stage.Programme.Arena, Policy.Control, stage.Programme);
        for (int cpu = 0; cpu < 3; cpu++) stage.Begin(Body, cpu);
        return stage.Machine;
    }

    private static async Op Body(Cpu c)
    {
        for (int i = 0; i < 3; i++)
        {
            await c.Lock(c.Cells.ZoneLock, Other);
            await c.Add(s_page.Private, 1, Edited);
            await c.Add(s_page.Private, 2, Edited);
            await c.Store(s_page.Index, (ulong)i, Edited);
            await c.Store(s_page.Index, (ulong)i + 9, Edited);
            await Inner(c);
            await c.Unlock(c.Cells.ZoneLock, Other);
        }
    }

    private static async Op Inner(Cpu c)
    {
        await c.Burst(s_page.Private, Other);
        c.Poke(s_page.Private, c.Peek(s_page.Private) * 3);
    }

    /// <summary>Chooses by a stream, and keeps what it chose.</summary>
    private sealed class Logged(ulong seed) : Stepper
    {
        private Pcg _random = new(seed, 1);
        public List<int> Choices { get; } = [];
        public override long QuietSteps => 0;

        public int First(StepMachine machine)
        {
            int runnable = int.PopCount((int)machine.Runnable);
            if (runnable == 0) return -1;
            uint rest = machine.Runnable;
            for (int skip = _random.Below(runnable); skip > 0; skip--) rest &= rest - 1;
            Choices.Add(int.TrailingZeroCount((int)rest));
            return Choices[^1];
        }

        public override int Next(StepMachine machine, StepCpu stepped) => machine.HasFound ? -1 : First(machine);
    }
}
