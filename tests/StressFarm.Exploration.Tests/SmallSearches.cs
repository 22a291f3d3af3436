using System.Numerics;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// Programmes small enough for every schedule of them to be run: two or three CPUs with a few operations of a workload's seed, after a
/// random schedule of it in which each stops a few steps before its end. So the middles of long operations are searched too. Under MM=TSO and
/// WEAK units that let stores out step in it as CPUs do.
/// </summary>
internal sealed class SmallSearches
{
    private const int MostSteps = 5000, Attempts = 4;

    public static Geometry Geometry { get; } = new(256, 4);

    private readonly Machine _machine = new(Geometry);

    public Machine Machine => _machine;
    private readonly Programme _programme = new();
    /// <summary>Orders of real size are for other tests: a search keeps every page's state.</summary>
    private static readonly Dictionary<string, int> s_small = new() { ["order-9"] = 0 };

    /// <summary>A start, the same for the same arguments; null where the seed's programme leaves nothing to search.</summary>
    /// <param name="operations">of each CPU, at most</param>
    /// <param name="left">steps that each CPU took in the random schedule, and does not take before the search</param>
    public SearchStart? Draw(Workload workload, ulong seed, Policy policy, int operations, int left)
    {
        var random = new Pcg(seed, stream: 9);
        _programme.Compose(workload, Geometry, seed, s_small);
        int cpus = Math.Min(_programme.Arena.Cpus, random.OneIn(4) ? 3 : 2);
        for (int i = 0; i < Geometry.CpuLimit; i++)
        {
            List<OpCall> calls = _programme.Cpu(i);
            int kept = i < cpus ? Math.Min(operations, calls.Count) : 0;
            calls.RemoveRange(kept, calls.Count - kept);
        }
        _programme.Arena = _programme.Arena with { Cpus = cpus };
        List<byte> choices = [];
        // One that violates something has more to be looked for around it.
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            var start = new SearchStart(_machine, _programme, policy);
            if (!start.Begin()) return null;
            choices = Walk(start, ref random);
            if (_machine.Violation is not null || start.Close() is not null) break;
        }
        return choices.Count == 0 ? null : new SearchStart(_machine, _programme, policy) { Prefix = LessTheLast(choices, left) };
    }

    private static List<byte> LessTheLast(List<byte> choices, int left)
    {
        int[] steps = new int[StepMachine.StepperLimit];
        foreach (byte stepper in choices) steps[stepper]++;
        return [.. choices.Where(stepper => steps[stepper]-- > left)];
    }

    private List<byte> Walk(SearchStart start, ref Pcg random)
    {
        var choices = new List<byte>();
        while (_machine.Runnable != 0 && _machine.Violation is null && choices.Count < MostSteps)
        {
            int stepper = Drawn(_machine.Runnable, ref random);
            choices.Add((byte)stepper);
            start.Step(stepper);
        }
        return choices;
    }

    /// <summary>One of those that can step.</summary>
    public static int Drawn(uint runnable, ref Pcg random)
    {
        for (int skipped = random.Below(BitOperations.PopCount(runnable)); skipped > 0; skipped--) runnable &= runnable - 1;
        return BitOperations.TrailingZeroCount(runnable);
    }
}
