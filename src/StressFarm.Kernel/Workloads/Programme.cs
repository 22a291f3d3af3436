namespace StressFarm.Kernel.Workloads;

/// <summary>
/// What each CPU runs in one schedule: a pure function of (workload, geometry, seed, fixed parameters), the same under
/// every policy. Reused from schedule to schedule.
/// </summary>
public sealed class Programme
{
    private readonly List<OpCall> _setup = new(64);
    private readonly List<OpCall>[] _cpus = new List<OpCall>[Geometry.CpuLimit];

    public Programme()
    {
        for (int i = 0; i < _cpus.Length; i++) _cpus[i] = new(64);
    }

    public Shape Shape { get; } = new();
    /// <summary>Set by the workload.</summary>
    public Arena Arena { get; set; }
    /// <summary>The driver's allocator for this schedule, when the policy leaves it to the seed.</summary>
    public Allocator DrawnAllocator { get; set; } = Allocator.Buddy;
    public List<OpCall> Setup => _setup;
    public List<OpCall> Cpu(int cpu) => _cpus[cpu];
    /// <summary>The last CPU's, the other one of a duel; the first one's on a machine that has no other.</summary>
    public List<OpCall> LastCpu => _cpus[Arena.Cpus - 1];

    /// <summary>Composes the programme of a seed.</summary>
    public void Compose(Workload workload, Geometry geometry, ulong seed, IReadOnlyDictionary<string, int> fixedParameters)
    {
        Clear();
        Shape.Begin(seed, fixedParameters);
        DrawnAllocator = Shape.DrawMostly("lifo", 0, 8, 0, 1) == 1 ? Allocator.Lifo : Allocator.Buddy;
        workload.Compose(this, geometry);
    }

    public void Clear()
    {
        _setup.Clear();
        foreach (var list in _cpus) list.Clear();
        DrawnAllocator = Allocator.Buddy;
    }

    public string OperationName(int cpu, int number) =>
        cpu >= 0 && cpu < _cpus.Length && number < _cpus[cpu].Count ? _cpus[cpu][number].Operation.Id : "";

    public string SetupName(int number) => number < _setup.Count ? _setup[number].Operation.Id : "teardown";
}
