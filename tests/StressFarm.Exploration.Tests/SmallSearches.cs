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
    private const long MostSchedules = 4000;
    private const int MostSteps = 5000, Attempts = 4;

    private static readonly Policy[] s_designs = [.. Presets.All.Select(p => p.Policy).Where(p => p.MemoryModel == MemoryModel.Sc)];
    private static readonly KnownBug[] s_bugs = [.. Catalog<KnownBug>.All.Where(b => b.Plant(Policy.Control).MemoryModel == MemoryModel.Sc)];

    public static Geometry Geometry { get; } = new(256, 4);

    private readonly Machine _machine = new(Geometry);

    public Machine Machine => _machine;
    private readonly Programme _programme = new();
    /// <summary>Orders of real size are for other tests: a search keeps every page's state.</summary>
    private static readonly Dictionary<string, int> s_small = new() { ["order-9"] = 0 };

    /// <summary>Small programmes of every workload under control and other designs, and of each known bug's workload with the bug in it.</summary>
    public static IEnumerable<(string Name, SearchStart Start)> Programmes(int seeds)
    {
        var searches = new SmallSearches();
        int number = 0;
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            foreach (Workload workload in Catalog<Workload>.All)
            {
                Policy policy = ++number % 2 == 0 ? Policy.Control : s_designs[number / 2 % s_designs.Length];
                if (searches.Draw(workload, seed, policy, 1 + number % 2, 2 + number % 5) is { } start) yield return ($"{workload.Id} {seed} {policy}", start);
            }
            foreach (KnownBug bug in s_bugs)
                if (searches.Draw(Catalog<Workload>.Find(bug.Workload)!, seed, bug.Plant(Policy.Control), 4, 2 + ++number % 5) is { } start)
                    yield return ($"{bug.Workload} {seed} {bug.Id}", start);
        }
    }

    /// <summary>Those of which every schedule was run, with what that came to.</summary>
    public static IEnumerable<(string Name, SearchStart Start, EverySchedule Naive)> Enumerated(int seeds)
    {
        foreach ((string name, SearchStart start) in Programmes(seeds))
        {
            var naive = new EverySchedule(start);
            if (naive.Run(MostSchedules)) yield return (name, start, naive);
        }
    }

    /// <summary>The first operations of each CPU of a workload's programme on two.</summary>
    public static (Programme Programme, Cell Cell, ProgrammeEdits Edits) Small(string workload, ulong seed, int operations, Policy policy)
    {
        var cell = new Cell(policy, Catalog<Workload>.Find(workload)!, "random", Geometry, new Dictionary<string, int>(s_small) { ["cpus"] = 2 });
        var programme = new Programme();
        programme.Compose(cell.Workload, cell.Geometry, seed, cell.FixedParameters);
        var edits = new ProgrammeEdits(Enumerable.Range(0, Geometry.CpuLimit).SelectMany(cpu =>
            Enumerable.Range(0, programme.Cpu(cpu).Count).Skip(operations).Select(i => (cpu + 1, i))));
        edits.Apply(programme);
        return (programme, cell, edits);
    }

    /// <summary>Where a search of them begins, with a known bug or under a design.</summary>
    public static SearchStart OfBug(string bug, string workload, ulong seed, int operations)
    {
        Policy policy = PolicyOf(bug);
        return new SearchStart(new Machine(Geometry), Small(workload, seed, operations, policy).Programme, policy);
    }

    /// <summary>Control with a known bug, or a design.</summary>
    public static Policy PolicyOf(string bug) => Catalog<KnownBug>.Find(bug)?.Plant(Policy.Control) ?? Policy.TryParse(bug, out _)!;

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
