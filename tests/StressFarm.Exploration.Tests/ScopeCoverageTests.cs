using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// A scope is the workload in small: whatever two calls a workload draws for two CPUs meet in its scope too, set-ups are of the same
/// calls, and a flag that is drawn is there both ways.
/// </summary>
public class ScopeCoverageTests(ITestOutputHelper output)
{
    private const int Seeds = 4000;

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    /// <summary>Of one whose guests are others, what two calls of one guest do is in that one's scope.</summary>
    private static IReadOnlyList<SmallScope> ScopesOf(Workload workload) =>
        workload is Everything ? [workload.Scope, .. Everything.Guests.Select(g => g.Scope)] : [workload.Scope];

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Whatever_two_calls_are_drawn_meet_in_the_scope(string id)
    {
        Workload workload = Catalog<Workload>.Find(id)!;
        var missing = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var cut = new ScopeCut(ScopesOf(workload));
        for (ulong seed = 1; seed <= Seeds; seed++)
            foreach (string meeting in cut.Missing(cut.Draw(workload, seed))) missing[meeting] = missing.GetValueOrDefault(meeting) + 1;
        foreach ((string meeting, int times) in missing) output.WriteLine($"{times} {meeting}");
        Assert.True(missing.Count == 0, $"{missing.Count}: {string.Join(", ", missing.Keys.Take(5))}");
    }
}
