namespace StressFarm.Exploration.Schedules;

/// <summary>What comes before and after the part of a schedule in which somebody chooses who steps; the same for whoever chooses.</summary>
internal sealed class ScheduleFrame(Machine machine)
{
    private readonly Alone _alone = new(machine.Judge);

    /// <summary>Runs the set-up; true when it violated something.</summary>
    public bool SetUpViolates(Programme programme) => Violates(ProgrammeRun.Run(machine.SetupCpu, programme.Setup));

    /// <summary>The programme's CPUs run to their first accesses.</summary>
    public void Start(Programme programme)
    {
        for (int i = 0; i < programme.Arena.Cpus; i++)
            machine.Start(machine.Cpus[i], ProgrammeRun.Run(machine.Cpus[i], programme.Cpu(i)));
    }

    /// <summary>Nobody can step: true when every CPU finished; otherwise the judge has heard of the deadlock.</summary>
    public bool AllFinished(Programme programme)
    {
        for (int i = 0; i < programme.Arena.Cpus; i++)
            if (!machine.Cpus[i].Finished)
            {
                machine.Judge.Hear(MomentKind.Deadlock, machine.Cpus[i], -1, Ghost.NoObject);
                return false;
            }
        return true;
    }

    /// <summary>The audits and the teardown; true when they found something.</summary>
    /// <param name="whole">audit every page</param>
    /// <param name="drain">false leaves free pages on the lists of the CPUs that ran</param>
    public bool EndViolates(Programme programme, bool whole, bool drain)
    {
        machine.Judge.Audit(whole);
        if (machine.Violation is not null || Violates(ProgrammeRun.TearDown(machine.SetupCpu, programme.Setup.Count, drain))) return true;
        machine.Judge.AuditEmpty();
        return machine.Violation is not null;
    }

    /// <summary>Set-up or teardown; true when it violated something.</summary>
    private bool Violates(Op op)
    {
        Cpu cpu = machine.SetupCpu;
        machine.Start(cpu, op);
        if (!cpu.Finished && machine.Violation is null)
        {
            if (machine.Runnable != 0) machine.Run(cpu.Number, _alone);
            if (!cpu.Finished && machine.Violation is null) machine.Judge.Hear(MomentKind.Deadlock, cpu, -1, Ghost.NoObject);
        }
        return machine.Violation is not null;
    }

    /// <summary>One CPU runs as long as it can. What never ends, on a memory that somebody made up, is ended by I57.</summary>
    private sealed class Alone(Judge judge) : Stepper
    {
        private const long StepLimit = 20L * ScheduleRunner.ScheduleStepLimit;

        public override long QuietSteps => StepLimit;
        public override bool StaysWhileQuiet => true;

        public override int Next(StepMachine machine, StepCpu stepped)
        {
            if (machine.Steps > StepLimit && !machine.HasFound) judge.Hear(MomentKind.StepBound, stepped, -1, Ghost.NoObject);
            return !machine.HasFound && !stepped.Finished && machine.Runnable != 0 ? stepped.Number : -1;
        }
    }
}
