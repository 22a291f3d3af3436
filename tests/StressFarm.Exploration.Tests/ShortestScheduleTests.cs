using System.Runtime.InteropServices;
using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>The schedule that is called the shortest, beside every schedule.</summary>
public class ShortestScheduleTests(ITestOutputHelper output)
{
    private const int MostSchedules = 1000;

    /// <summary>The comparison is none unless the schedule that a search comes to first, or one with an equal count of switches, is often no shortest one.</summary>
    [Fact]
    public void No_schedule_of_a_small_programme_is_shorter()
    {
        int programmes = 0, flaws = 0, switches = 0, steps = 0;
        foreach ((string name, SearchStart start) in SmallSearches.Programmes(10))
        {
            // The walk that it was drawn with violated something, or there is little to be found.
            if (start.Machine.Violation is null) continue;
            var naive = new EverySchedule(start);
            if (!naive.Run(MostSchedules) || naive.Flaws.Count == 0) continue;
            SearchResult states = new EveryState(start) { Reduces = false }.Run();
            programmes++;
            IsShortest(name, start, null, null, naive.Shortest.Values.Min());
            foreach ((Flaw flaw, byte[] first) in states.Flaws)
            {
                (int Switches, int Steps) least = naive.Shortest[flaw];
                IsShortest(name, start, flaw, null, least);
                ShortestResult found = IsShortest(name, start, flaw, first, least);
                flaws++;
                if (found.Switches < Switches(start, first)) switches++;
                else if (found.Schedule!.Length < first.Length) steps++;
            }
        }
        output.WriteLine($"{programmes} programmes, {flaws} flaws, first found with more switches {switches}, with as many and more steps {steps}");
        Assert.True(programmes > 25 && switches > 2, $"{programmes} programmes, {flaws} flaws, {switches} and {steps} first found longer");
    }

    /// <summary>Nothing is held for known here. That the schedules would be found: one step more, and one is.</summary>
    [Theory]
    [InlineData("Z06", "folio-split", 1, 1)]
    [InlineData("Z14", "folio-split", 1, 1)]
    [InlineData("Z09", "migration", 22, 1)]
    [InlineData("Z23", "hwpoison", 3, 1)]
    [InlineData("Z39", "gup-pin", 1, 2)]
    [InlineData("Z41", "device-private-reinit", 13, 1)]
    public void No_schedule_of_a_bug_is_shorter(string bug, string workload, int seed, int operations)
    {
        SearchStart start = SmallSearches.OfBug(bug, workload, (ulong)seed, operations);
        ShortestResult shortest = new ShortestSchedule(start).Run();
        Assert.Equal(SearchEnd.Violated, shortest.End);
        Assert.Equal((shortest.Switches, shortest.Steps), (Scenario.SwitchesOf(shortest.Schedule!), shortest.Schedule!.Length));
        Assert.Null(new ShorterSchedules(start, shortest.Switches, shortest.Steps).Violation());
        Assert.NotNull(new ShorterSchedules(start, shortest.Switches, shortest.Steps + 1).Violation());
    }

    /// <summary>
    /// Few states are come to with as many switches in more than one number of steps, and hardly a flaw depends on them: so all states are
    /// compared. A search in which nothing is taken over fails in the first two of these, one that forgets switches for steps in the last three.
    /// </summary>
    [Theory]
    [InlineData("Z29", "hugetlb", 3)]
    [InlineData("Z35", "hotplug", 7)]
    [InlineData("Z15", "deferred-split", 17)]
    [InlineData("Z03", "page-cache", 16)]
    public void No_state_is_come_to_with_less(string bug, string workload, int seed)
    {
        const int Most = 2;
        SearchStart start = SmallSearches.OfBug(bug, workload, (ulong)seed, 1);
        var naive = new Dictionary<(UInt128, byte), (int Switches, int Steps)>();
        var path = new StatePath(start);
        Assert.True(path.Begin());
        Cost(path, -1, 0, Most, naive);
        var shortest = new ShortestSchedule(start, new Flaw("none", ""));
        Assert.Equal(SearchEnd.Exhausted, shortest.Run().End);
        Assert.Equal(naive, shortest.Costs().Where(c => c.Value.Switches <= Most).ToDictionary(c => c.Key, c => c.Value));
    }

    /// <summary>What each state costs on every schedule with few switches.</summary>
    private static void Cost(StatePath path, int last, int switches, int most, Dictionary<(UInt128, byte), (int Switches, int Steps)> costs)
    {
        if (path.Violation is not null) return;
        int depth = path.Depth;
        if (last >= 0)
        {
            ref (int, int) least = ref CollectionsMarshal.GetValueRefOrAddDefault(costs, (path.Key, (byte)last), out bool known);
            if (!known || (switches, depth).CompareTo(least) < 0) least = (switches, depth);
        }
        uint runnable = path.Runnable;
        for (int cpu = 0; cpu < path.Cpus; cpu++)
        {
            int then = switches + (last >= 0 && last != cpu ? 1 : 0);
            if ((runnable >> cpu & 1) == 0 || then > most) continue;
            path.Step(cpu);
            Cost(path, cpu, then, most, costs);
            path.Back(depth);
        }
    }

    [Fact]
    public void Where_nothing_is_violated_there_is_none()
    {
        SearchStart start = SmallSearches.OfBug("control", "folio-split", 1, 1);
        ShortestResult none = new ShortestSchedule(start).Run();
        Assert.Equal(SearchEnd.Exhausted, none.End);
        Assert.Null(none.Schedule);
        SearchResult states = new EveryState(start) { Reduces = false }.Run();
        Assert.InRange(none.States, states.States - 1, start.Cpus * states.States);
        SearchStart other = SmallSearches.OfBug("Z14", "folio-split", 1, 1);
        Assert.Equal(SearchEnd.Exhausted, new ShortestSchedule(other, new Flaw("I15", "")).Run().End);
    }

    [Fact]
    public void A_budget_ends_it_and_leaves_what_was_known()
    {
        SearchStart start = SmallSearches.OfBug("Z14", "folio-split", 1, 1);
        byte[] known = new EveryState(start) { StopsAtFirst = true }.Run().Flaws.Single().Value;
        ShortestResult late = new ShortestSchedule(start) { Known = known, TimeLimit = TimeSpan.Zero }.Run();
        Assert.Equal((SearchEnd.OutOfTime, known), (late.End, late.Schedule));
        Assert.Equal((Scenario.SwitchesOf(known), known.Length), (late.Switches, late.Steps));
        ShortestResult large = new ShortestSchedule(start) { Known = known, MemoryLimit = 1 << 16 }.Run();
        Assert.Equal((SearchEnd.OutOfMemory, known), (large.End, large.Schedule));
        var stop = new CancellationToken(canceled: true);
        Assert.Equal(SearchEnd.Interrupted, new ShortestSchedule(start) { Known = known, Interrupt = stop }.Run().End);
        Assert.Null(new ShortestSchedule(start) { Interrupt = stop }.Run().Schedule);
    }

    private static ShortestResult IsShortest(string name, SearchStart start, Flaw? flaw, byte[]? known, (int Switches, int Steps) least)
    {
        ShortestResult found = new ShortestSchedule(start, flaw) { Known = known }.Run();
        Assert.Equal((name, SearchEnd.Violated), (name, found.End));
        Assert.Equal((name, least), (name, (found.Switches, found.Steps)));
        byte[] schedule = found.Schedule!;
        if (found.Steps == 0) return found;
        Assert.Equal((name, least), (name, (Switches(start, schedule), schedule.Length - start.Prefix.Count)));
        Flaw come = Flaw.Of(Follow(start, schedule)!);
        Assert.Equal((name, flaw ?? come), (name, come));
        return found;
    }

    private static int Switches(SearchStart start, byte[] schedule) => Scenario.SwitchesOf([.. schedule.Skip(start.Prefix.Count)]);

    /// <summary>What a schedule comes to from the start.</summary>
    private static Violation? Follow(SearchStart start, byte[] schedule)
    {
        Assert.True(start.Begin());
        foreach (byte cpu in schedule.Skip(start.Prefix.Count)) start.Step(cpu);
        return start.Machine.Violation ?? start.Close();
    }
}
