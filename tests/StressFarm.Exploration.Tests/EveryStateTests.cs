using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>A search that keeps states finds what every schedule finds, one by one and from the start: the same final states, the same flaws.</summary>
public class EveryStateTests(ITestOutputHelper output)
{
    private static SearchResult Search(SearchStart start, StateParts parts) => new EveryState(start) { KeepsFinals = true, Parts = parts }.Run();

    private static bool Same(EverySchedule naive, SearchResult states) => naive.Finals.SetEquals(states.Finals) && naive.Flaws.SetEquals(states.Flaws.Keys);

    [Fact]
    public void Every_state_leads_to_what_every_schedule_leads_to()
    {
        int compared = 0, flawed = 0;
        long schedules = 0, transitions = 0;
        foreach ((string name, SearchStart start, EverySchedule naive) in SmallSearches.Enumerated(20))
        {
            SearchResult states = Search(start, StateParts.All);
            Assert.True(Same(naive, states),
                $"{name}: finals {naive.Finals.Count}/{states.Finals.Count}, flaws {string.Join(' ', naive.Flaws)} / {string.Join(' ', states.Flaws.Keys)}, {naive.Executions} schedules, {states.States} states");
            compared++;
            if (naive.Flaws.Count > 0) flawed++;
            schedules += naive.Executions;
            transitions += states.Transitions;
        }
        output.WriteLine($"{compared} programmes, {flawed} with flaws; {schedules} schedules, {transitions} transitions");
        Assert.True(compared > 800 && flawed > 60, $"{compared} programmes, {flawed} with flaws");
    }

    /// <summary>
    /// The comparison on trial. Without the frames, or without all the rest, it differs. Any one part of the rest can be forgotten in these
    /// programmes (in 982 of them, when it was tried): what a step did is in its locals, in memory and in the ghost alike, and each alone tells the
    /// states apart. It is in the key for programmes that are not here, and <see cref="StatePartTests"/> shows that it is.
    /// </summary>
    [Fact]
    public void A_search_that_forgets_where_CPUs_are_or_everything_else_misses_final_states()
    {
        StateParts[] parts = [StateParts.Frames, StateParts.All & ~StateParts.Frames];
        var caught = parts.ToDictionary(p => p, _ => 0);
        int compared = 0;
        foreach ((_, SearchStart start, EverySchedule naive) in SmallSearches.Enumerated(6))
        {
            compared++;
            foreach (StateParts part in parts)
                if (!Same(naive, Search(start, StateParts.All & ~part))) caught[part]++;
        }
        output.WriteLine($"of {compared} programmes: {string.Join(", ", parts.Select(p => $"without {p} {caught[p]}"))}");
        Assert.True(caught[StateParts.Frames] > compared / 4, $"{caught[StateParts.Frames]} of {compared}");
        Assert.True(caught[StateParts.All & ~StateParts.Frames] > 0, $"of {compared}");
    }
}
