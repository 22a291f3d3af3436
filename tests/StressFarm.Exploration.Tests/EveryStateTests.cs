using System.Diagnostics;
using System.Globalization;
using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// What a search finds that leaves each state by a few CPUs is what one finds that leaves it by all, and what every schedule finds, one by one and from the
/// start: the same final states, the same flaws.
/// </summary>
public class EveryStateTests(ITestOutputHelper output)
{
    private const long MostSchedules = 1000, MostStates = 5_000;

    /// <summary>Over more seeds, and larger programmes: how many seconds.</summary>
    private static readonly int s_seconds = int.Parse(Environment.GetEnvironmentVariable("STRESSFARM_COMPARE_SECONDS") ?? "0", CultureInfo.InvariantCulture);

    [Fact]
    public void A_persistent_set_leads_to_what_every_CPU_and_every_schedule_leads_to()
    {
        var tally = new Tally();
        foreach ((string name, SearchStart start) in SmallProgrammes.All(first: 1, seeds: 6)) Compare(name, start, tally, MostSchedules, MostStates);
        output.WriteLine(tally.ToString());
        Assert.True(tally.Naive > 350 && tally.Flawed > 40 && tally.Reduced > 250, tally.ToString());
    }

    [Fact]
    public void Over_more_seeds_where_a_time_is_given()
    {
        var watch = Stopwatch.StartNew();
        var tally = new Tally();
        for (int seed = 1000; watch.Elapsed.TotalSeconds < s_seconds; seed++)
            foreach ((string name, SearchStart start) in SmallProgrammes.All(seed, seeds: 1, size: seed % 4))
            {
                if (watch.Elapsed.TotalSeconds > s_seconds) break;
                Compare(name, start, tally, seed % 2 == 0 ? MostSchedules : 0, seed % 4 == 3 ? 200_000 : MostStates);
            }
        output.WriteLine(tally.ToString());
        Assert.True(tally.Differ.Count == 0, string.Join('\n', tally.Differ));
    }

    /// <summary>They once differed: the first methods of a CPU that waits for ever were known by what their boxes held in an earlier search.</summary>
    [Theory]
    [InlineData("Z41", 1006, 2)]
    [InlineData("Z41", 1030, 2)]
    [InlineData("Z32", 1038, 2)]
    [InlineData("Z41", 1081, 1)]
    public void A_deadlock_is_the_same_state_in_every_search(string bug, int seed, int size)
    {
        var tally = new Tally();
        var key = new SmallProgrammes.Key(seed, SmallProgrammes.IndexOf(bug), size);
        Compare(SmallProgrammes.NameOf(key), new SmallProgrammes().Draw(key)!, tally, MostSchedules, MostStates);
        Assert.Equal((1, 1), (tally.Compared, tally.Flawed));
    }

    /// <summary>They once differed too: draining all lists passes over CPUs that have not finished, and was not seen to ask.</summary>
    [Theory]
    [InlineData(467, 68, 5)]
    [InlineData(724, 16, 4)]
    [InlineData(724, 56, 4)]
    [InlineData(724, 67, 4)]
    public void Whether_a_CPU_has_finished_is_asked_by_others(int seed, int index, int size)
    {
        var tally = new Tally();
        var key = new SmallProgrammes.Key(seed, index, size);
        Compare(SmallProgrammes.NameOf(key), new SmallProgrammes().Draw(key)!, tally, 0, MostStates);
        Assert.Equal(1, tally.Compared);
    }

    private static void Compare(string name, SearchStart start, Tally tally, long mostSchedules, long mostStates)
    {
        SearchResult all = new EveryState(start) { KeepsFinals = true, Reduces = false, StateLimit = mostStates }.Run();
        if (all.End != SearchEnd.Exhausted) return;
        SearchResult few = new EveryState(start) { KeepsFinals = true, StateLimit = mostStates }.Run();
        var naive = new EverySchedule(start);
        bool complete = mostSchedules > 0 && naive.Run(mostSchedules);
        tally.Compared++;
        if (all.Flaws.Count > 0) tally.Flawed++;
        if (few.Transitions < all.Transitions) tally.Reduced++;
        tally.AllStates += all.States;
        tally.FewStates += few.States;
        if (complete) tally.Naive++;
        bool same = few.End == SearchEnd.Exhausted && all.Finals.SetEquals(few.Finals) && all.Flaws.Keys.ToHashSet().SetEquals(few.Flaws.Keys)
            && (!complete || (naive.Finals.SetEquals(all.Finals) && naive.Flaws.SetEquals(all.Flaws.Keys)));
        if (same) return;
        tally.Differ.Add($"{name}: finals {(complete ? naive.Finals.Count : -1)}/{all.Finals.Count}/{few.Finals.Count}, flaws {(complete ? string.Join(' ', naive.Flaws) : "-")} / "
            + $"{string.Join(' ', all.Flaws.Keys)} / {string.Join(' ', few.Flaws.Keys)}, {all.States} / {few.States} states, {few.End} after {few.Passes} passes");
        if (s_seconds == 0) Assert.Fail(tally.Differ[0]);
    }

    private sealed class Tally
    {
        public int Compared, Naive, Flawed, Reduced;
        public long AllStates, FewStates;
        public readonly List<string> Differ = [];

        public override string ToString() =>
            $"{Compared} programmes, {Naive} of them schedule by schedule, {Flawed} with flaws; in {Reduced} the sets save steps; {AllStates} states, {FewStates} by sets; {Differ.Count} differ";
    }

    /// <summary>
    /// The comparison on trial: without the frames, without the rest of what a CPU has for itself, it differs. StatePartTests shows part by
    /// part that it is in the key.
    /// </summary>
    [Fact]
    public void A_search_that_forgets_where_CPUs_are_misses_final_states()
    {
        int compared = 0, caught = 0;
        foreach ((_, SearchStart start) in SmallProgrammes.All(first: 1, seeds: 2))
        {
            SearchResult all = new EveryState(start) { KeepsFinals = true, Reduces = false, StateLimit = MostStates }.Run();
            if (all.End != SearchEnd.Exhausted || all.Finals.Count < 2) continue;
            compared++;
            SearchResult forgetful = new EveryState(start) { KeepsFinals = true, Reduces = false, ForgetsLocals = true }.Run();
            if (all.FinalStates != forgetful.FinalStates || !all.Flaws.Keys.SequenceEqual(forgetful.Flaws.Keys)) caught++;
        }
        output.WriteLine($"of {compared} programmes {caught}");
        Assert.True(caught > compared / 4, $"{caught} of {compared}");
    }
}
