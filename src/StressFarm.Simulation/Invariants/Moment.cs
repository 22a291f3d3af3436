namespace StressFarm.Simulation.Invariants;

/// <summary>An instant at which protocols or the ghost told something (<see cref="MomentKind"/>).</summary>
public readonly ref struct Moment(MomentKind kind, Cpu cpu, int pfn, int obj, ulong a, ulong b)
{
    public MomentKind Kind { get; } = kind;
    public Cpu Cpu { get; } = cpu;
    public int Pfn { get; } = pfn;
    /// <summary>The ghost object at the instant, or <see cref="Ghost.NoObject"/>.</summary>
    public int Object { get; } = obj;
    public ulong A { get; } = a;
    public ulong B { get; } = b;
}
