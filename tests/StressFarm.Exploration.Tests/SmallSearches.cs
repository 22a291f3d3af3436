using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// Programmes small enough for every schedule of them to be run: two or three CPUs with an operation or two of a workload's seed, after a
/// random schedule of it that stops a few steps before its end. So the middles of long operations are searched too.
/// </summary>
internal sealed class SmallSearches
{
    public static Geometry Geometry { get; } = new(256, 4);

    private readonly Machine _machine = new(Geometry);
    private readonly Programme _programme = new();
    /// <summary>Orders of real size are for other tests: a search keeps every page's state.</summary>
    private static readonly Dictionary<string, int> s_small = new() { ["order-9"] = 0 };

    /// <summary>A start, the same for the same arguments; null where the seed's programme leaves nothing to search.</summary>
    /// <param name="left">steps of the random schedule that are not taken</param>
    public SearchStart? Draw(Workload workload, ulong seed, Policy policy, int left)
    {
        var random = new Pcg(seed, stream: 9);
        _programme.Compose(workload, Geometry, seed, s_small);
        int cpus = Math.Min(_programme.Arena.Cpus, random.OneIn(4) ? 3 : 2), operations = 1 + random.Below(2);
        for (int i = 0; i < Geometry.CpuLimit; i++)
        {
            List<OpCall> calls = _programme.Cpu(i);
            int kept = i < cpus ? Math.Min(operations, calls.Count) : 0;
            calls.RemoveRange(kept, calls.Count - kept);
        }
        _programme.Arena = _programme.Arena with { Cpus = cpus };
        var start = new SearchStart(_machine, _programme, policy);
        if (!start.Begin()) return null;
        var choices = new List<byte>();
        while (_machine.Runnable != 0 && _machine.Violation is null && choices.Count < 5000)
        {
            int cpu = random.Below(cpus);
            if ((_machine.Runnable >> cpu & 1) == 0) continue;
            choices.Add((byte)cpu);
            start.Step(cpu);
        }
        return choices.Count == 0 ? null : new SearchStart(_machine, _programme, policy) { Prefix = [.. choices.Take(choices.Count - left)] };
    }
}
