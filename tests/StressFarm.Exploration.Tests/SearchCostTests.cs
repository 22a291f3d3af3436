using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>What a search keeps and allocates, in counts that no machine changes.</summary>
public class SearchCostTests(ITestOutputHelper output)
{
    /// <summary>States that a throwaway search came to, which this one took its idea from; and the least that a look at all of them takes.</summary>
    [Theory]
    [InlineData(1, 3_079, 4_469)]
    [InlineData(2, 33_666, 71_533)]
    [InlineData(3, 362_395, 1_110_709)]
    public void Persistent_sets_leave_no_more_states_than_were_known_to_be_enough(int getters, long known, long all)
    {
        SearchResult result = new EveryState(Split(getters)).Run();
        output.WriteLine($"{result.States} states, {result.Transitions} transitions, {result.Passes} passes, {result.Bytes} bytes");
        Assert.Equal(SearchEnd.Exhausted, result.End);
        Assert.Empty(result.Flaws);
        Assert.InRange(result.States, 1, Math.Min(known, all));
        // Tables, path and what was learned, once there are enough states for the last two to count little.
        if (result.States > 100_000) Assert.InRange(result.Bytes, 0, 24 * result.States);
    }

    /// <summary>Between two limits no table grows: what is allocated is what more was learned.</summary>
    [Fact]
    public void A_step_allocates_nothing()
    {
        SearchStart start = Split(3);
        Cost(start, 190_000); // pools and logs are as long as they get
        (long bytes, long steps) few = Cost(start, 100_000), more = Cost(start, 190_000);
        output.WriteLine($"{more.bytes - few.bytes} bytes in {more.steps - few.steps} steps");
        Assert.True(more.steps - few.steps > 90_000);
        Assert.InRange(more.bytes - few.bytes, -(more.steps - few.steps) / 8, (more.steps - few.steps) / 8);
    }

    private static (long Bytes, long Steps) Cost(SearchStart start, long states)
    {
        var search = new EveryState(start) { StateLimit = states };
        long before = GC.GetAllocatedBytesForCurrentThread();
        search.Run();
        return (GC.GetAllocatedBytesForCurrentThread() - before, search.Result.Transitions);
    }

    /// <summary>GUP-fast of the tails of an order-2 folio, each by a CPU of its own, which keeps its reference, against a split of the folio.</summary>
    private static SearchStart Split(int getters)
    {
        var programme = new Programme { Arena = new Arena(getters + 1, 4, -1, 2) };
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: 2));
        for (int i = 0; i < getters; i++) programme.Cpu(i).Add(GetPages.Call<GetUserPagesFast>(mm: 0, slot: 1 + i));
        programme.Cpu(getters).Add(FolioSplitAt.Call(mm: 0, slot: 0));
        return new SearchStart(new Machine(new Geometry(64, 4)), programme, Policy.Control);
    }
}
