using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>Programmes that are exhausted with a bug in them and without: it is found, and nothing else is there.</summary>
public class ExhaustedBugTests
{
    [Theory]
    [InlineData("Z06", "folio-split", 1, 1, "I15")]
    [InlineData("Z14", "folio-split", 1, 1, "I23")]
    [InlineData("Z39", "gup-pin", 1, 2, "I15")]
    [InlineData("reinit-predecessor", "device-private-reinit", 14, 1, "I44")]
    public void A_bug_is_found_in_every_interleaving_and_control_is_silent_in_all(string bug, string workload, int seed, int operations, string invariant)
    {
        Policy policy = SmallSearches.PolicyOf(bug);
        (Programme programme, Cell cell, ProgrammeEdits edits) = SmallSearches.Small(workload, (ulong)seed, operations, policy);
        var machine = new Machine(SmallSearches.Geometry);

        SearchResult found = new EveryState(new SearchStart(machine, programme, policy)).Run();
        Assert.Equal(SearchEnd.Exhausted, found.End);
        (Flaw flaw, byte[] schedule) = Assert.Single(found.Flaws);
        Assert.Equal(invariant, flaw.Invariant);

        var runner = new ScenarioRunner(SmallSearches.Geometry);
        runner.Run(new Scenario(cell, (ulong)seed, edits, schedule, Fair: false));
        Assert.Equal(flaw, Flaw.Of(runner.Violation!));

        SearchResult silent = new EveryState(new SearchStart(machine, programme, Policy.Control)).Run();
        Assert.Equal(SearchEnd.Exhausted, silent.End);
        Assert.Empty(silent.Flaws);
    }

    [Fact]
    public void The_keys_of_128_bits_tell_as_many_states_apart()
    {
        (Programme programme, _, _) = SmallSearches.Small("folio-split", 1, 1, Policy.Control);
        var start = new SearchStart(new Machine(SmallSearches.Geometry), programme, Policy.Control);
        SearchResult narrow = new EveryState(start).Run(), wide = new EveryState(start) { Wide = true }.Run();
        Assert.Equal(narrow.States, wide.States);
        Assert.Equal(narrow.Transitions, wide.Transitions);
        Assert.True(wide.CollisionProbability(128) < narrow.CollisionProbability(64));
    }

    [Fact]
    public void A_budget_ends_a_search_and_says_which()
    {
        (Programme programme, _, _) = SmallSearches.Small("folio-split", 1, 1, Policy.Control);
        var start = new SearchStart(new Machine(SmallSearches.Geometry), programme, Policy.Control);
        Assert.Equal(SearchEnd.OutOfTime, new EveryState(start) { TimeLimit = TimeSpan.Zero }.Run().End);
        Assert.Equal(SearchEnd.OutOfMemory, new EveryState(start) { MemoryLimit = 1 << 16 }.Run().End);
        Assert.Equal(SearchEnd.Interrupted, new EveryState(start) { Interrupt = new CancellationToken(canceled: true) }.Run().End);
    }
}
