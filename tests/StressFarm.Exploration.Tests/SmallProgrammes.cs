using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// <see cref="SmallSearches"/> of every workload under control and other designs, of each known bug's workload with the bug in it, and of each workload with all its known bugs at once, under each memory model in turn.
/// Each is to be searched before the next is asked for.
/// </summary>
internal sealed class SmallProgrammes
{
    private const int OfAWorkload = 2;

    private static readonly Workload[] s_workloads = [.. Catalog<Workload>.All];
    private static readonly KnownBug[] s_bugs = [.. Catalog<KnownBug>.All];
    private static readonly Policy[] s_designs = [.. Presets.All.Select(p => p.Policy).Where(p => p.MemoryModel == MemoryModel.Sc)];
    private static readonly MemoryModel[] s_models = [MemoryModel.Sc, MemoryModel.Tso, MemoryModel.Sc, MemoryModel.Weak];

    private readonly SmallSearches _searches = new();

    /// <summary>Which one: the seed, the number among the seed's, and how many steps more than usual are left to each CPU, in threes.</summary>
    public readonly record struct Key(int Seed, int Index, int Size)
    {
        public override string ToString() => $"{Seed} {Index} {Size}";
    }

    /// <summary>Programmes of a seed.</summary>
    public static int Count { get; } = s_workloads.Length * (OfAWorkload + 1) + s_bugs.Length;

    /// <summary>Programmes that were written for what others do not come to; as seed 0.</summary>
    private static readonly (string Name, Policy Policy, OpCall[] Setup, OpCall First, OpCall Second)[] s_written =
    [
        ("two truncations", Policy.Control, [], TruncateFile.Call(0, 7), TruncateFile.Call(0, 8)),
        ("a truncation and what is added behind it", Policy.Control, [], TruncateFile.Call(0, 7), CacheAddFolio.Call(0, 7)),
        ("a truncation and a fault", Policy.Control, [CacheAddFolio.Call(0, 7)], TruncateFile.Call(0, 7), FaultFile.Call(0, 0, 7)),
        ("two swapped out", Policy.Control, [AnonFault.Call(0, 0), AnonFault.Call(0, 1)], SlotOperation.Call<SwapOutAnon>(0, 0), SlotOperation.Call<SwapOutAnon>(0, 1)),
        ("two forks", Policy.Control, [AnonFault.Call(0, 0)], Fork.Call<ForkSlots>(0, 0, child: 1), Fork.Call<ForkSlots>(0, 0, child: 2)),
        ("a fork and a split", Policy.Control, [AnonFault.Call(0, 0, order: 2)], Fork.Call<ForkSlots>(0, 0, child: 1), FolioSplitAt.Call(0, 0)),
        ("two allocations after their predecessors", Presets.Find("reinit-predecessor-locked")!.Policy, [], DeviceAlloc.Call(0), DeviceAlloc.Call(1)),
    ];

    public static IEnumerable<Key> Keys(int first, int seeds, int size = 0) => first == 0 ? Enumerable.Range(0, s_written.Length).Select(index => new Key(0, index, 0)) :
        Enumerable.Range(first, seeds).SelectMany(seed => Enumerable.Range(0, Count).Select(index => new Key(seed, index, size)));

    public static IEnumerable<(string Name, SearchStart Start)> All(int first, int seeds, int size = 0)
    {
        var programmes = new SmallProgrammes();
        foreach (Key key in Keys(first, seeds, size))
            if (programmes.Draw(key) is { } start) yield return (NameOf(key), start);
    }

    /// <summary>The number of a known bug's programme among those of a seed.</summary>
    public static int IndexOf(string bug) => s_workloads.Length * OfAWorkload + Array.FindIndex(s_bugs, b => b.Id == bug);

    /// <summary>Null where there is nothing to search.</summary>
    public SearchStart? Draw(Key key)
    {
        if (key.Seed == 0) return Written(key.Index);
        (Workload workload, Policy policy, int number) = Of(key);
        int operations = key.Index < s_workloads.Length * OfAWorkload ? 1 + number % 2 : 4;
        return _searches.Draw(workload, (ulong)key.Seed, policy, operations, 2 + number % 5 + 3 * key.Size);
    }

    private SearchStart Written(int index)
    {
        (_, Policy policy, OpCall[] setup, OpCall first, OpCall second) = s_written[index];
        var programme = new Programme { Arena = new Arena(2, 4, 2, 2) };
        programme.Setup.AddRange(setup);
        programme.Cpu(0).Add(first);
        programme.Cpu(1).Add(second);
        return new SearchStart(_searches.Machine, programme, policy);
    }

    public static string NameOf(Key key)
    {
        if (key.Seed == 0) return $"{key}: {s_written[key.Index].Name}";
        (Workload workload, Policy policy, _) = Of(key);
        return $"{key}: {workload.Id} {policy}";
    }

    private static (Workload, Policy, int Number) Of(Key key)
    {
        int number = key.Seed * 7 + key.Index + 1, bug = key.Index - s_workloads.Length * OfAWorkload;
        MemoryModel model = s_models[number / 3 % 4];
        if (bug < 0) return (s_workloads[key.Index / OfAWorkload], (number % 2 == 0 ? Policy.Control : s_designs[number / 2 % s_designs.Length]) with { MemoryModel = model }, number);
        if (bug >= s_bugs.Length)
        {
            Workload workload = s_workloads[bug - s_bugs.Length];
            return (workload, s_bugs.Where(b => b.Workload == workload.Id).Aggregate(Policy.Control, (p, b) => b.Plant(p)) with { MemoryModel = model }, number);
        }
        KnownBug planted = s_bugs[bug];
        Policy policy = planted.Plant(Policy.Control);
        if (number % 3 == 0 && policy.MemoryModel == MemoryModel.Sc) policy = policy with { MemoryModel = model };
        return (Catalog<Workload>.Find(planted.Workload)!, policy, number);
    }
}
