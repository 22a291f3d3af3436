using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>The schedule that is called the shortest, beside every schedule.</summary>
public class ShortestScheduleTests(ITestOutputHelper output)
{
    /// <summary>The comparison is none unless the schedule that a search comes to first, or one with an equal count of switches, is often no shortest one.</summary>
    [Fact]
    public void No_schedule_of_a_small_programme_is_shorter()
    {
        int programmes = 0, flaws = 0, switches = 0, steps = 0;
        foreach ((string name, SearchStart start) in SmallSearches.Programmes(20))
        {
            SearchResult states = new EveryState(start).Run();
            var naive = new EverySchedule(start);
            if (states.Flaws.Count == 0 || !naive.Run(SmallSearches.MostSchedules)) continue;
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
        Assert.True(programmes > 60 && switches > 10 && steps > 0, $"{programmes} programmes, {flaws} flaws, {switches} and {steps} first found longer");
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
