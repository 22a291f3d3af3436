using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>Programmes of the small scopes in every interleaving: control is silent, bugs are found, and it makes no difference which CPU has which turn.</summary>
public class ScopeSearchTests(ITestOutputHelper output)
{
    /// <summary>Programmes of each workload: as many as there is time for. More of them say more, and change nothing else.</summary>
    private const int Drawn = 200;

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    private static SmallScope ScopeOf(string workload) => Catalog<Workload>.Find(workload)!.Scope;

    /// <summary>Different numbers, the same for the same seed.</summary>
    private static IEnumerable<int> Draw(SmallScope scope, int count, ulong seed)
    {
        var random = new Pcg(seed, stream: 5);
        int[] numbers = [.. Enumerable.Range(0, scope.Count)];
        for (int i = 0; i < Math.Min(count, numbers.Length); i++)
        {
            int other = i + random.Below(numbers.Length - i);
            (numbers[i], numbers[other]) = (numbers[other], numbers[i]);
            yield return numbers[i];
        }
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Control_is_silent_in_every_interleaving_of_programmes_that_are_drawn(string workload)
    {
        SmallScope scope = ScopeOf(workload);
        var search = new ScopeSearch(scope, Policy.Control);
        foreach (int number in Draw(scope, Drawn, seed: 1)) search.Run(number);
        ScopeResult result = search.Result;
        output.WriteLine($"{result.Silent} of {scope.Count}, {result.States} states, {result.MostStates} at most, {result.Unfinished} not finished");
        Assert.True(result.Violated == 0, string.Join(", ", result.Flaws.Select(f => $"{f.Key} {scope[f.Value.First].Canonical}")));
        Assert.True(result.Unfinished <= Drawn / 20, $"{result.Unfinished} of {Drawn} have more than {ScopeSearch.DefaultStateLimit} states");
    }

    [Theory]
    [InlineData("Z06", "folio-split", "I15")]
    [InlineData("Z14", "folio-split", "I23")]
    [InlineData("Z02", "device-private-reinit", "I46")]
    [InlineData("Z30", "driver-pin", "I27")]
    [InlineData("Z15", "deferred-split", "I38")]
    public void A_planted_bug_is_found_among_programmes_that_are_drawn_and_its_schedule_repeats_it(string bug, string workload, string invariant)
    {
        SmallScope scope = ScopeOf(workload);
        Policy policy = Catalog<KnownBug>.Find(bug)!.Plant(Policy.Control);
        var search = new ScopeSearch(scope, policy);
        foreach (int number in Draw(scope, Drawn, seed: 1)) search.Run(number);
        Assert.Contains(invariant, search.Result.Flaws.Keys);
        ScopeFlaw flaw = search.Result.Flaws[invariant];
        Assert.InRange(flaw.Programmes, 1, search.Result.Violated);
        var runner = new ScenarioRunner(scope.Geometry);
        runner.Run(new Scenario(ScopeSearch.CellOf(scope, flaw.First, policy), 0, ProgrammeEdits.None, flaw.Schedule, Fair: false));
        Assert.Equal(invariant, runner.Violation?.Invariant.Id);
    }

    /// <summary>So that one of two programmes is enough where they differ in that alone.</summary>
    [Theory]
    [MemberData(nameof(Workloads))]
    public void It_makes_no_difference_which_CPU_has_which_turn(string workload)
    {
        SmallScope scope = ScopeOf(workload);
        KnownBug? bug = Catalog<KnownBug>.All.FirstOrDefault(b => b.Workload == workload && b.Plant(Policy.Control).MemoryModel == MemoryModel.Sc);
        foreach (Policy policy in (Policy[])[Policy.Control, bug?.Plant(Policy.Control) ?? Policy.Control])
            foreach (int number in Draw(scope, 8, seed: 2))
            {
                WrittenProgramme one = scope[number], other = new("other", one.Arena, one.Allocator, one.Setup, one.Cpus.Reverse());
                (SearchResult first, SearchResult second) = (Search(scope, one, policy), Search(scope, other, policy));
                if (first.End == SearchEnd.OutOfStates) continue;
                Assert.Equal(
                    (first.End, first.States, first.Transitions, first.FinalStates, string.Join(' ', first.Flaws.Keys)),
                    (second.End, second.States, second.Transitions, second.FinalStates, string.Join(' ', second.Flaws.Keys)));
            }
    }

    private static SearchResult Search(SmallScope scope, WrittenProgramme written, Policy policy)
    {
        var programme = new Programme();
        programme.Compose(written, scope.Geometry, 0, new Dictionary<string, int>());
        return new EveryState(new SearchStart(new Machine(scope.Geometry), programme, policy)) { StateLimit = 20_000, Reduces = false }.Run();
    }

    [Fact]
    public void A_limit_of_states_ends_a_search_at_the_same_place_everywhere()
    {
        SmallScope scope = ScopeOf("folio-split");
        var once = new ScopeSearch(scope, Policy.Control) { StateLimit = 100 };
        var again = new ScopeSearch(scope, Policy.Control) { StateLimit = 100, Wide = true };
        foreach (int number in Draw(scope, 20, seed: 3))
        {
            once.Run(number);
            again.Run(number);
        }
        Assert.InRange(once.Result.Unfinished, 1, 20);
        Assert.Equal(20, once.Result.Searched);
        Assert.Equal((once.Result.Unfinished, once.Result.States, once.Result.Transitions), (again.Result.Unfinished, again.Result.States, again.Result.Transitions));
        Assert.Equal(101, once.Result.MostStates);
    }

    [Fact]
    public void Parts_of_a_scope_add_up_in_any_order()
    {
        SmallScope scope = ScopeOf("folio-split");
        Policy policy = Catalog<KnownBug>.Find("Z06")!.Plant(Policy.Control);
        int[] numbers = [.. Draw(scope, 40, seed: 4)];
        ScopeResult[] parts = [.. numbers.Chunk(10).Select(part => Of(part))];
        ScopeResult whole = Of(numbers), sum = new();
        foreach (ScopeResult part in parts.Reverse()) sum.Add(part);
        Assert.NotEmpty(whole.Flaws);
        Assert.Equal(Text(whole), Text(sum));

        ScopeResult Of(IEnumerable<int> some)
        {
            var search = new ScopeSearch(scope, policy) { StateLimit = 5000 };
            foreach (int number in some) search.Run(number);
            return search.Result;
        }

        static string Text(ScopeResult r) => string.Join(' ', r.Silent, r.Violated, r.Unfinished, r.States, r.Transitions, r.FinalStates, r.MostStates,
            string.Join(' ', r.Flaws.Select(f => $"{f.Key} {f.Value.Programmes} {f.Value.First} {Convert.ToHexString(f.Value.Schedule)}")));
    }

    [Fact]
    public void An_interrupted_programme_counts_for_nothing()
    {
        var search = new ScopeSearch(ScopeOf("hwpoison-split"), Policy.Control) { Interrupt = new CancellationToken(canceled: true) };
        Assert.Contains(false, Enumerable.Range(0, 40).Select(search.Run));
        Assert.True(search.Result.Searched < 40);
    }
}
