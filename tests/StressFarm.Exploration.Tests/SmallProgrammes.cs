using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// <see cref="SmallSearches"/> of every workload under control and other designs, and of each known bug's workload with the bug in it, under each memory model in turn.
/// Each is to be searched before the next is asked for.
/// </summary>
internal static class SmallProgrammes
{
    private static readonly Policy[] s_designs = [.. Presets.All.Select(p => p.Policy).Where(p => p.MemoryModel == MemoryModel.Sc)];
    private static readonly MemoryModel[] s_models = [MemoryModel.Sc, MemoryModel.Tso, MemoryModel.Sc, MemoryModel.Weak];

    /// <param name="size">steps that are left to each CPU, beside the usual ones</param>
    public static IEnumerable<(string Name, SearchStart Start)> All(int first, int seeds, int size = 0)
    {
        var searches = new SmallSearches();
        int number = first * 7;
        for (int seed = first; seed < first + seeds; seed++)
        {
            foreach (Workload workload in Catalog<Workload>.All)
                for (int i = 0; i < 2; i++)
                {
                    Policy policy = ++number % 2 == 0 ? Policy.Control : s_designs[number / 2 % s_designs.Length];
                    policy = policy with { MemoryModel = s_models[number / 3 % 4] };
                    if (searches.Draw(workload, (ulong)seed, policy, 1 + number % 2, Left(number, size)) is { } start) yield return (NameOf(workload, seed, policy, number, size), start);
                }
            foreach (KnownBug bug in Catalog<KnownBug>.All)
            {
                Policy policy = bug.Plant(Policy.Control);
                if (++number % 3 == 0 && policy.MemoryModel == MemoryModel.Sc) policy = policy with { MemoryModel = s_models[number / 3 % 4] };
                Workload workload = Catalog<Workload>.Find(bug.Workload)!;
                if (searches.Draw(workload, (ulong)seed, policy, 4, Left(number, size)) is { } start)
                    yield return ($"{bug.Id} {NameOf(workload, seed, policy, number, size)}", start);
            }
        }
    }

    private static int Left(int number, int size) => 2 + number % 5 + 3 * size;

    private static string NameOf(Workload workload, int seed, Policy policy, int number, int size) => $"{workload.Id} seed {seed} number {number} size {size} {policy}";
}
