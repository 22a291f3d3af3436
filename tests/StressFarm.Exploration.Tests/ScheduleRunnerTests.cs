namespace StressFarm.Exploration.Tests;

public class ScheduleRunnerTests
{
    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    private static readonly Geometry s_geometry = new(4096, 4);
    private static readonly Dictionary<string, int> s_none = [];

    /// <summary>One call of <see cref="StepMachine.Step"/> a step: the plain reading of what a schedule is.</summary>
    private static (ulong Digest, long Steps, bool Violated) Plainly(Machine machine, Programme programme, Strategy strategy, ulong seed)
    {
        machine.Reset(programme.Arena, Policy.Control with { Allocator = programme.DrawnAllocator }, programme);
        Alone(ProgrammeRun.Run(machine.SetupCpu, programme.Setup));
        strategy.Begin(seed, machine);
        for (int i = 0; i < programme.Arena.Cpus; i++)
            machine.Start(machine.Cpus[i], ProgrammeRun.Run(machine.Cpus[i], programme.Cpu(i)));
        while (machine.Runnable != 0 && machine.Violation is null) machine.Step(machine.Cpus[strategy.Next(machine)]);
        if (machine.Violation is null) machine.Judge.Audit(whole: false);
        if (machine.Violation is null) Alone(ProgrammeRun.TearDown(machine.SetupCpu, programme.Setup.Count));
        return (machine.Digest, machine.Steps, machine.Violation is not null);

        void Alone(Op op)
        {
            machine.Start(machine.SetupCpu, op);
            while (!machine.SetupCpu.Finished && machine.Violation is null) machine.Step(machine.SetupCpu);
        }
    }

    [Theory, MemberData(nameof(Workloads))]
    public void Going_on_without_suspension_changes_no_step(string workload)
    {
        var plain = new Machine(s_geometry);
        var runner = new ScheduleRunner(new Machine(s_geometry)) { WholeAuditEvery = 0 };
        var programme = new Programme();
        foreach (Strategy strategy in new Strategy[] { new RandomWalk(), new Pct(3, 500), new Pos() })
            for (ulong seed = 0; seed < 40; seed++)
            {
                programme.Compose(Catalog<Workload>.Find(workload)!, s_geometry, seed, s_none);
                (ulong digest, long steps, bool violated) = Plainly(plain, programme, strategy, seed);
                ScheduleResult result = runner.Run(programme, Policy.Control, strategy, seed);
                Assert.Equal((digest, steps, violated), (result.Digest, result.Steps, result.End == ScheduleEnd.Violated));
            }
    }

    [Theory, MemberData(nameof(Workloads))]
    public void A_warm_machine_allocates_nothing(string workload)
    {
        var runner = new ScheduleRunner(new Machine(s_geometry));
        var programme = new Programme();
        var strategy = new Portfolio();
        Run();
        Assert.Equal(0, Allocated.By(Run));

        void Run()
        {
            for (ulong seed = 0; seed < 300; seed++)
            {
                programme.Compose(Catalog<Workload>.Find(workload)!, s_geometry, seed, s_none);
                runner.Run(programme, Policy.Control, strategy, seed);
            }
        }
    }

    [Fact]
    public void A_schedule_after_a_violation_starts_clean()
    {
        Cell race = TestCells.Race("random");
        var runner = new ScenarioRunner(TestCells.Small);
        var fresh = new ScenarioRunner(TestCells.Small);
        int violated = 0;
        for (ulong seed = 0; seed < 400; seed++)
        {
            runner.Run(race, seed, ProgrammeEdits.None, new RandomWalk(), seed);
            if (runner.Violation is null) continue;
            violated++;
            ScheduleResult after = runner.Run(TestCells.Mixed("random"), seed, ProgrammeEdits.None, new RandomWalk(), seed);
            Assert.Equal(fresh.Run(TestCells.Mixed("random"), seed, ProgrammeEdits.None, new RandomWalk(), seed), after);
        }
        Assert.True(violated > 1);
    }
}
