namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// A schedule that is taken forward step by step and back again: what every search walks on. Between two calls the machine is in the state
/// at the end of the path.
/// </summary>
public sealed class StatePath(SearchStart start)
{
    private readonly List<MachineImage> _images = [];
    private readonly List<byte> _steps = [];

    public Machine Machine => start.Machine;
    public int Cpus => start.Cpus;
    /// <summary>Steps on the path; what came before the search is not counted.</summary>
    public int Depth => _steps.Count;
    /// <summary>The CPUs that can step here, one bit each; none at a final state, and none after a violation.</summary>
    public uint Runnable => Machine.Violation is null ? Machine.Runnable : 0;
    public Violation? Violation => Machine.Violation;
    /// <summary>What tells this state from others.</summary>
    public UInt128 Key => Machine.Hash().Key;
    /// <summary>Who stepped, in order, with what came before the search.</summary>
    public byte[] Schedule => [.. start.Prefix, .. _steps];

    /// <summary>To the first state. False when the set-up, or what comes before the search, violates something.</summary>
    public bool Begin()
    {
        _steps.Clear();
        return start.Begin();
    }

    /// <summary>A CPU that can step does so. What it violates is found in <see cref="Violation"/>.</summary>
    public void Step(int cpu)
    {
        if (_images.Count == Depth) _images.Add(new MachineImage());
        Machine.Save(_images[Depth]);
        _steps.Add((byte)cpu);
        start.Step(cpu);
    }

    /// <summary>Back to the state that was there after so many steps.</summary>
    public void Back(int depth)
    {
        if (depth == Depth) return;
        Machine.Load(_images[depth]);
        _steps.RemoveRange(depth, Depth - depth);
    }

    /// <summary>At a final state: the deadlock, or audits and teardown. The violation, or null; then the machine is led back to the final state.</summary>
    public Violation? Close()
    {
        var image = new MachineImage();
        Machine.Save(image);
        Violation? violation = start.Close();
        Machine.Load(image);
        return violation;
    }
}
