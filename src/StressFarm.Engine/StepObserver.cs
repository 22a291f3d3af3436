namespace StressFarm.Engine;

/// <summary>Looks at each step after it, and may end a run. The machine knows no more of who judges it.</summary>
public abstract class StepObserver
{
    /// <summary>A run begins.</summary>
    public abstract void Reset();

    /// <summary>A step is complete, the local code after its access included, and it wrote watched words.</summary>
    /// <param name="touched">word index * 4 of each, plus 0 for the whole word, 1 for its low, 2 for its high half</param>
    public abstract void AfterStep(StepCpu cpu, ReadOnlySpan<int> touched);

    /// <summary>An access of a CPU that is watched, or of any while the machine is (<see cref="StepMachine.WatchesAll"/>).</summary>
    /// <param name="word">its number, negative for an access without one</param>
    /// <param name="value">the value after, or the value read</param>
    public abstract void AfterWatched(StepCpu cpu, int word, ulong value);

    /// <summary>The run is over: something was found.</summary>
    public abstract bool HasFound { get; }
}
