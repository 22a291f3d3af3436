using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>A search with a bound on preemptions finds what every schedule with so many finds.</summary>
public class BoundedSchedulesTests(ITestOutputHelper output)
{
    private const int MostSchedules = 200;

    private static readonly int[] s_bounds = [0, 1, 2, 3];

    private static SearchResult Search(SearchStart start, int most) => new BoundedSchedules(start, most) { KeepsFinals = true }.Run();

    private static bool Same(EverySchedule naive, SearchResult found, int most) =>
        found.States == naive.StatePreemptions.Count(s => s.Value <= most)
        && found.Finals.SetEquals(naive.FinalPreemptions.Where(f => f.Value <= most).Select(f => f.Key))
        && found.Flaws.Keys.ToHashSet().SetEquals(naive.FlawPreemptions.Where(f => f.Value <= most).Select(f => f.Key));

    /// <summary>The comparison on trial: with a bound of one more it differs.</summary>
    [Fact]
    public void A_bound_leads_to_what_every_schedule_within_it_leads_to()
    {
        int compared = 0, flawed = 0;
        int[] differs = new int[s_bounds.Length];
        foreach ((string name, SearchStart start) in SmallSearches.Programmes(2))
        {
            var naive = new EverySchedule(start) { KeepsStates = true };
            if (!naive.Run(MostSchedules)) continue;
            compared++;
            if (naive.Flaws.Count > 0) flawed++;
            SearchResult[] found = [.. s_bounds.Select(n => Search(start, n))];
            foreach (int most in s_bounds)
            {
                Assert.True(Same(naive, found[most], most), $"{name}, {most} preemptions: {string.Join(' ', found[most].Flaws.Keys)}, {found[most].FinalStates} final");
                Assert.Equal(found[most].Finals.Count, found[most].FinalStates);
                if (most > 0 && !Same(naive, found[most], most - 1)) differs[most]++;
            }
        }
        output.WriteLine($"{compared} programmes, {flawed} with flaws; a bound of one more differs in {string.Join(' ', differs)}");
        Assert.True(compared > 50 && flawed > 2 && differs[1] > compared / 2, $"{compared} programmes, {flawed} with flaws; {string.Join(' ', differs)}");
    }

    /// <summary>Whole operations have too many schedules, but not too many with few preemptions.</summary>
    [Theory]
    [InlineData("Z01", "driver-mmap", 30)]
    [InlineData("Z15", "deferred-split", 17)]
    [InlineData("Z35", "hotplug", 7)]
    [InlineData("Z39", "gup-pin", 1)]
    public void A_bound_leads_to_what_every_schedule_of_whole_operations_within_it_leads_to(string bug, string workload, int seed)
    {
        SearchStart start = SmallSearches.OfBug(bug, workload, (ulong)seed, 1);
        long states = 0;
        for (int most = 0; most <= 2; most++)
        {
            var naive = new FewPreemptions(start);
            naive.Run(most);
            SearchResult found = Search(start, most);
            Assert.Equal(naive.States.Count, found.States);
            Assert.True(naive.Finals.SetEquals(found.Finals) && naive.Flaws.SetEquals(found.Flaws.Keys), $"{most} preemptions");
            Assert.True(most == 1 ? found.States > states : found.States >= states, $"{most} preemptions: {found.States} states");
            states = found.States;
        }
    }

    /// <summary>Every schedule with so many preemptions, to its end, whatever state it comes to.</summary>
    private sealed class FewPreemptions(SearchStart start)
    {
        private readonly StatePath _path = new(start);

        public HashSet<UInt128> States { get; } = [];
        public HashSet<UInt128> Finals { get; } = [];
        public HashSet<Flaw> Flaws { get; } = [];

        public void Run(int most)
        {
            Assert.True(_path.Begin());
            After(-1, most);
        }

        private void After(int last, int left)
        {
            if (_path.Violation is { } violation)
            {
                Flaws.Add(Flaw.Of(violation));
                return;
            }
            States.Add(_path.Key);
            uint runnable = _path.Runnable;
            if (runnable == 0)
            {
                Finals.Add(_path.Key);
                if (_path.Close() is { } late) Flaws.Add(Flaw.Of(late));
            }
            int depth = _path.Depth;
            bool stays = last >= 0 && (runnable >> last & 1) != 0;
            for (int cpu = 0; cpu < _path.Cpus; cpu++)
            {
                if ((runnable >> cpu & 1) == 0 || (stays && cpu != last && left == 0)) continue;
                _path.Step(cpu);
                After(cpu, stays && cpu != last ? left - 1 : left);
                _path.Back(depth);
            }
        }
    }

    [Theory]
    [InlineData("Z06", "folio-split", 1, 1)]
    [InlineData("Z14", "folio-split", 1, 1)]
    [InlineData("control", "folio-split", 1, 1)]
    public void More_preemptions_lose_nothing_and_enough_of_them_are_every_schedule(string bug, string workload, int seed, int operations)
    {
        SearchStart start = SmallSearches.OfBug(bug, workload, (ulong)seed, operations);
        SearchResult before = Search(start, 0);
        for (int most = 1; most <= 4; most++)
        {
            SearchResult more = Search(start, most);
            Assert.True(before.Finals.IsSubsetOf(more.Finals) && before.Flaws.Keys.All(more.Flaws.ContainsKey));
            Assert.True(before.States <= more.States && before.Transitions <= more.Transitions);
            before = more;
        }
        SearchResult enough = Search(start, BoundedSchedules.Limit), every = new EveryState(start) { KeepsFinals = true, Reduces = false }.Run();
        Assert.Equal((SearchEnd.Exhausted, every.States, every.FinalStates), (enough.End, enough.States, enough.FinalStates));
        Assert.True(every.Finals.SetEquals(enough.Finals));
        Assert.Equal(every.Flaws.Keys, enough.Flaws.Keys);
        Assert.True(Search(start, 0).States < every.States);
    }

    [Fact]
    public void The_schedule_of_a_flaw_has_no_more_preemptions_than_the_bound()
    {
        SearchStart start = SmallSearches.OfBug("Z14", "folio-split", 1, 1);
        Assert.Empty(Search(start, 0).Flaws);
        SearchResult found = new BoundedSchedules(start, 1) { StopsAtFirst = true }.Run();
        Assert.Equal(SearchEnd.Violated, found.End);
        byte[] schedule = Assert.Single(found.Flaws).Value;
        int preemptions = 0;
        Assert.True(start.Begin());
        for (int i = 0; i < schedule.Length; i++)
        {
            if (i > 0 && schedule[i] != schedule[i - 1] && (start.Machine.Runnable >> schedule[i - 1] & 1) != 0) preemptions++;
            start.Step(schedule[i]);
        }
        Assert.Equal(1, preemptions);
        Assert.Equal(found.Flaws.Keys.Single(), Flaw.Of((start.Machine.Violation ?? start.Close())!));
    }

    [Fact]
    public void A_budget_ends_it_and_says_which()
    {
        SearchStart start = SmallSearches.OfBug("control", "folio-split", 1, 1);
        Assert.Equal(SearchEnd.OutOfTime, new BoundedSchedules(start, 2) { TimeLimit = TimeSpan.Zero }.Run().End);
        Assert.Equal(SearchEnd.OutOfMemory, new BoundedSchedules(start, 2) { MemoryLimit = 1 << 14 }.Run().End);
        Assert.Equal(SearchEnd.Interrupted, new BoundedSchedules(start, 2) { Interrupt = new CancellationToken(canceled: true) }.Run().End);
    }
}
