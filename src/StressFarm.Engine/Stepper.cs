namespace StressFarm.Engine;

/// <summary>Chooses who steps next. A class, since it is asked at every step: an interface call that meets two classes goes through a hash table.</summary>
public abstract class Stepper
{
    /// <summary>After a step of <paramref name="stepped"/>: the CPU that steps next, one of <see cref="StepMachine.Runnable"/>, or -1 to stop.</summary>
    public abstract int Next(StepMachine machine, StepCpu stepped);

    /// <summary>
    /// While the machine is quiet (<see cref="StepMachine.IsQuiet"/>) it chooses the CPU that stepped, and is not asked.
    /// </summary>
    public virtual bool StaysWhileQuiet => false;

    /// <summary>Steps of a run during which nothing ends it but a violation, or that nobody can step.</summary>
    public abstract long QuietSteps { get; }
}
