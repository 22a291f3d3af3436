namespace StressFarm.Simulation;

/// <summary>Chooses who steps next. A class, since it is asked at every step: an interface call that meets two classes goes through a hash table.</summary>
public abstract class Stepper
{
    /// <summary>After a step of <paramref name="stepped"/>: the CPU that steps next, one of <see cref="Machine.Runnable"/>, or -1 to stop.</summary>
    public abstract int Next(Machine machine, Cpu stepped);

    /// <summary>
    /// Up to this step it chooses the CPU that stepped for as long as that can go on and nothing is violated, and is not asked; -1
    /// when it is always asked.
    /// </summary>
    public virtual long AloneUntil => -1;
}
