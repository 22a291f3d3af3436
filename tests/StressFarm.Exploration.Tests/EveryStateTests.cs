using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>A search that keeps states finds what every schedule finds, one by one and from the start: the same final states, the same flaws.</summary>
public class EveryStateTests(ITestOutputHelper output)
{
    private const long MostSchedules = 4000;

    /// <summary>Designs and bugs that the small programmes are run under.</summary>
    public static IReadOnlyList<(string Name, Policy Policy)> Policies { get; } =
    [
        ("control", Policy.Control),
        .. Presets.All.Where(p => p.Policy.MemoryModel == MemoryModel.Sc).Select(p => (p.Id, p.Policy)),
        .. Catalog<KnownBug>.All.Select(b => (b.Id, b.Plant(Policy.Control))).Where(b => b.Item2.MemoryModel == MemoryModel.Sc),
    ];

    /// <summary>Runs both searches on small programmes of every workload; how many were compared, and which differ.</summary>
    internal static (int Compared, int Flawed, List<string> Differ) Compare(int seeds, StateParts parts)
    {
        var searches = new SmallSearches();
        int compared = 0, flawed = 0, number = 0;
        var differ = new List<string>();
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
            foreach (Workload workload in Catalog<Workload>.All)
            {
                (string name, Policy policy) = number++ % 3 == 0 ? Policies[0] : Policies[(int)(Pcg.Mix((ulong)number) % (ulong)Policies.Count)];
                if (searches.Draw(workload, seed, policy, 4 + number % 9) is not { } start) continue;
                SearchResult naive = new EverySchedule(start).Run(MostSchedules);
                if (naive.End != SearchEnd.Exhausted) continue;
                SearchResult states = new EveryState(start) { KeepsFinals = true, Parts = parts }.Run();
                compared++;
                if (naive.Flaws.Count > 0) flawed++;
                if (!naive.Finals.SetEquals(states.Finals) || !naive.Flaws.Keys.SequenceEqual(states.Flaws.Keys))
                    differ.Add($"{workload.Id} {seed} {name}: finals {naive.Finals.Count}/{states.Finals.Count}, flaws {string.Join(' ', naive.Flaws.Keys)} / {string.Join(' ', states.Flaws.Keys)}, {naive.Executions} schedules, {states.States} states");
            }
        return (compared, flawed, differ);
    }

    [Fact]
    public void Every_state_leads_to_what_every_schedule_leads_to()
    {
        (int compared, int flawed, List<string> differ) = Compare(60, StateParts.All);
        output.WriteLine($"{compared} programmes, {flawed} with flaws");
        Assert.True(differ.Count == 0, string.Join('\n', differ.Take(20)));
        Assert.True(compared > 1000 && flawed > 50, $"{compared} programmes, {flawed} with flaws");
    }
}
