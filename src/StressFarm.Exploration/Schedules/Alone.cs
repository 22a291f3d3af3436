namespace StressFarm.Exploration.Schedules;

/// <summary>One CPU runs as long as it can. What never ends, on a memory that somebody made up, is ended by I57.</summary>
internal sealed class Alone(Judge judge) : Stepper
{
    private const long StepLimit = 20L * ScheduleRunner.ScheduleStepLimit;

    public override long QuietSteps => StepLimit;
    public override bool StaysWhileQuiet => true;

    public override int Next(StepMachine machine, StepCpu stepped)
    {
        if (machine.Steps > StepLimit && !machine.HasFound) judge.Hear(MomentKind.StepBound, stepped, -1, Ghost.NoObject);
        return !machine.HasFound && !stepped.Finished && machine.Runnable != 0 ? stepped.Number : -1;
    }

    /// <summary>Set-up or teardown; true when it violated something.</summary>
    public bool Runs(Machine machine, Op op)
    {
        Cpu cpu = machine.SetupCpu;
        machine.Start(cpu, op);
        if (!cpu.Finished && machine.Violation is null)
        {
            if (machine.Runnable != 0) machine.Run(cpu.Number, this);
            if (!cpu.Finished && machine.Violation is null) machine.Judge.Hear(MomentKind.Deadlock, cpu, -1, Ghost.NoObject);
        }
        return machine.Violation is not null;
    }
}
