namespace StressFarm.Exploration.Schedules;

/// <summary>Who runs next. Strategies differ only in how they draw. Add one by adding a file.</summary>
public abstract class Strategy : Stepper
{
    public abstract string Id { get; }
    public abstract string Summary { get; }

    /// <summary>
    /// Every CPU that stays runnable runs again within finite time: liveness (I57's bound) is judged under these only. A
    /// portfolio answers for the schedule that has begun.
    /// </summary>
    public abstract bool Fair { get; }

    /// <summary>The id of what draws the schedule that has begun: itself, or the arm of a portfolio.</summary>
    public virtual string Arm => Id;

    /// <summary>It wants to know how large the cell's schedules are: <see cref="Use(Pilot)"/> must be called before the first one.</summary>
    public virtual bool NeedsPilot => false;

    /// <summary>What the cell's pilot measured.</summary>
    public virtual void Use(Pilot pilot) { }

    /// <summary>The seed that the programme of this seed's schedule is composed from: its own, unless it repeats another's.</summary>
    public virtual ulong ProgrammeSeed(ulong seed) => seed;

    /// <summary>A new schedule: draws from the seed's choice stream (stream 2), apart from the shape's.</summary>
    public abstract void Begin(ulong seed, StepMachine machine);

    /// <summary>The CPU to step; one of <see cref="StepMachine.Runnable"/>, which is not 0.</summary>
    public abstract int Next(StepMachine machine);

    /// <summary>Who is asked at each step of the schedule that has begun: itself, or the arm of a portfolio.</summary>
    public virtual Strategy Drawing => this;

    /// <summary>Whose schedule it draws.</summary>
    internal ScheduleRunner Runner { get; set; } = null!;

    /// <summary>No operation of a CPU can have more steps than this before the run has.</summary>
    public sealed override long QuietSteps => ScheduleRunner.OperationStepBound;

    /// <summary>
    /// Draws unless the schedule is over. A sealed strategy that says the same again has its own <see cref="Next(StepMachine)"/>
    /// called without a look in a table.
    /// </summary>
    public override int Next(StepMachine machine, StepCpu stepped) => IsOver(machine, stepped) ? -1 : Runner.Note(Next(machine));

    /// <summary>Nobody steps any more.</summary>
    private protected bool IsOver(StepMachine machine, StepCpu stepped) => !machine.IsQuiet && Runner.IsOver(this, stepped);

    /// <summary>A fresh instance with state of its own, for another worker.</summary>
    public Strategy Fresh() => (Strategy)Activator.CreateInstance(GetType())!;
}
