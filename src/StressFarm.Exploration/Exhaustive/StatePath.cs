namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// A schedule that is taken forward step by step and back again: what every search walks on. Between two calls the machine is in the state
/// at the end of the path.
/// </summary>
public sealed class StatePath(SearchStart start)
{
    private readonly List<MachineMark> _marks = [];
    private readonly MachineMark _final = new();
    private readonly List<byte> _steps = [];

    public Machine Machine => start.Machine;
    public int Cpus => start.Cpus;
    /// <summary>Steps on the path; what came before the search is not counted.</summary>
    public int Depth => _steps.Count;
    /// <summary>Those that can step here, one bit each: CPUs, and units that let stores out. None at a final state, and none after a violation.</summary>
    public uint Runnable => Machine.Violation is null ? Machine.Runnable : 0;
    public Violation? Violation => Machine.Violation;
    /// <summary>What tells this state from others.</summary>
    public UInt128 Key => Machine.Key;
    /// <summary>Who stepped, in order, with what came before the search.</summary>
    public byte[] Schedule => [.. start.Prefix, .. _steps];

    /// <summary>To the first state. False when the set-up, or what comes before the search, violates something.</summary>
    public bool Begin()
    {
        _steps.Clear();
        return start.Begin();
    }

    /// <summary>Who can step does so. What it violates is found in <see cref="Violation"/>.</summary>
    public void Step(int stepper)
    {
        if (_marks.Count == Depth) _marks.Add(new MachineMark());
        Machine.Keep(_marks[Depth], stepper);
        _steps.Add((byte)stepper);
        start.Step(stepper);
    }

    /// <summary>Back to the state that was there after so many steps.</summary>
    public void Back(int depth)
    {
        while (Depth > depth)
        {
            _steps.RemoveAt(Depth - 1);
            Machine.Undo(_marks[Depth]);
        }
    }

    /// <summary>At a final state: the deadlock, or audits and teardown. The violation, or null; then the machine is led back to the final state.</summary>
    public Violation? Close()
    {
        Machine.Keep(_final, stepper: -1);
        Violation? violation = start.Close();
        Machine.Undo(_final);
        return violation;
    }
}
