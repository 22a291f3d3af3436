using System.Reflection;
using System.Text.RegularExpressions;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>One thing that a search by sets goes by and can be made to forget: what an invariant looks at, the places of one kind, or a rule.</summary>
/// <param name="Group">rows of the table that belong together</param>
internal sealed record Forgettable(string Group, string Name)
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic;
    private static readonly string[] s_words = ["flags", "compound_info", "lru.prev", "mapping", "index", "private", "_mapcount, _refcount", "memcg_data"];
    private static readonly Regex s_digits = new("[0-9]+");

    public const string Invariants = "invariant", Ghosts = "ghost", Tables = "machine", Pages = "struct page", Cells = "cell", Rules = "rule", Groups = "all of";
    public const string Locks = "lock words", Whom = "whom the judge asks", Buffers = "store buffers", Shown = "a store that is let out changes what others see", Waits = "who waits for a lock touches it",
        Violations = "a state with a step that violates is left by all", Path = "a state with a step back to the path is left by all";

    public Invariant? Invariant { get; init; }

    /// <summary>All of them, as a machine has them that has begun a search.</summary>
    public static List<Forgettable> All(Machine machine)
    {
        List<Forgettable> all = [.. Catalog<Invariant>.All.Select(i => new Forgettable(Invariants, i.Id) { Invariant = i }), new Forgettable(Invariants, Whom)];
        all.AddRange(PlacesOf(machine).Select(p => p.Key).Distinct());
        all.AddRange(((string[])[Pages, Cells, Ghosts, Tables, Locks]).Select(g => new Forgettable(Groups, g)));
        all.AddRange(((string[])[Shown, Waits, Violations, Path]).Select(r => new Forgettable(Rules, r)));
        return all;
    }

    /// <summary>By place, whose it is.</summary>
    public static List<KeyValuePair<Forgettable, int>> PlacesOf(Machine machine)
    {
        var places = new List<KeyValuePair<Forgettable, int>>();
        void Add(string group, string name, int place) => places.Add(new(new Forgettable(group, name), place));
        for (int half = 0; half < machine.Memory.FirstCell * 2; half++)
            Add(Pages, s_words[half % Layout.HalvesPerPage / 2], half);
        for (int word = machine.Memory.FirstCell; word < machine.Memory.FirstCell + machine.Cells.Count; word++)
            for (int half = word * 2; half <= word * 2 + 1; half++) Add(Cells, s_digits.Replace(machine.Cells.NameOf(new Word(word)), "N"), half);
        int after = machine.Memory.WordCount * 2;
        for (int cpu = 0; cpu < StepMachine.CpuLimit; cpu++) Add(Rules, Buffers, after + cpu);
        for (int cpu = 0; cpu <= StepMachine.CpuLimit; cpu++) Add(Tables, "Finished", after + StepMachine.CpuLimit + cpu);
        foreach ((string group, object holder) in Holders(machine))
            foreach (FieldInfo field in (holder is Machine ? typeof(KernelMachine) : holder.GetType()).GetFields(Any))
            {
                if (!field.FieldType.IsGenericType) continue;
                Type type = field.FieldType.GetGenericTypeDefinition();
                if (type != typeof(Logged<>) && type != typeof(LoggedValue<>)) continue;
                object logged = field.GetValue(holder)!;
                object? Of(string name) => field.FieldType.GetField(name, Any)!.GetValue(logged);
                string name = $"{(LogKind)Of("_kind")!}" is var kind && kind == nameof(LogKind.DriverField) ? $"Driver{field.Name.Replace("_", ".", StringComparison.Ordinal)}" : kind;
                if (type == typeof(LoggedValue<>)) Add(group, name, (int)Of("_place")!);
                else
                    for (int i = 0; i < ((Array)Of("_values")!).Length; i++) Add(group, name, (int)Of("_firstPlace")! + i);
            }
        object log = typeof(Ghost).GetField("_objectLog", Any)!.GetValue(machine.Ghost)!;
        int first = (int)log.GetType().GetFields(Any).Single(f => f.Name.Contains("firstPlace", StringComparison.Ordinal)).GetValue(log)!;
        int objects = ((Array)typeof(Ghost).GetField("_objects", Any)!.GetValue(machine.Ghost)!).Length;
        for (int i = 0; i < objects * ObjectLog.Places; i++) Add(Ghosts, "objects", first + i);
        return places;
    }

    /// <summary>A cell that CPUs wait for each other at.</summary>
    public static bool IsLock(string cell) => cell.Contains("lock", StringComparison.Ordinal) && !cell.Contains("nesting", StringComparison.Ordinal) || cell.Contains("rwsem", StringComparison.Ordinal)
        || cell.Contains("mutex", StringComparison.Ordinal) || cell.StartsWith("ptl", StringComparison.Ordinal);

    private static IEnumerable<(string, object)> Holders(Machine machine)
    {
        yield return (Ghosts, machine.Ghost);
        yield return (Tables, machine);
        yield return (Tables, machine.Driver);
        foreach (Cpu cpu in machine.Cpus)
        {
            yield return (Tables, cpu);
            yield return (Tables, cpu.Handles);
        }
    }

    /// <summary>A search that has forgotten it.</summary>
    /// <param name="places">that are its own</param>
    public SearchResult Search(SearchStart start, long mostStates, IEnumerable<int> places)
    {
        Machine machine = start.Machine;
        if (!start.Begin()) return new SearchResult();
        StepLog log = machine.SearchLog!;
        var forgets = new Forgetting(log.Places) { Shown = Name == Shown };
        foreach (int place in places) forgets.Places[place] = true;
        log.Forgets = forgets;
        machine.Judge.Forgets = Invariant is not null ? i => ReferenceEquals(i, Invariant) : Name == Whom ? i => i is null : null;
        try
        {
            return new EveryState(start)
            {
                KeepsFinals = true,
                StateLimit = mostStates,
                ForgetsWaits = Name == Waits,
                ForgetsViolations = Name == Violations,
                ForgetsPath = Name == Path,
                LooksAround = false,
            }.Run();
        }
        finally
        {
            log.Forgets = null;
            machine.Judge.Forgets = null;
        }
    }
}
