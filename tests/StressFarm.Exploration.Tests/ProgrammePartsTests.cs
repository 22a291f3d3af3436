using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>A programme that is searched in parts: what they violate together is what the whole does, wherever it is taken apart.</summary>
public class ProgrammePartsTests
{
    private static readonly Dictionary<string, int> s_nothingFixed = [];

    private readonly SearchExecutor _executor = new();

    private static Cell CellOf(Workload programme, Geometry geometry, Policy policy, int parts, int depth) =>
        new(policy, programme, SearchTerms.StrategyId, geometry, s_nothingFixed) { Search = new(100_000, parts, depth) };

    private IEnumerable<SearchSum> Search(Cell cell) => Enumerable.Range(0, cell.Search!.Count).Select(part => _executor.Search(cell, part));

    private static string[] FlawsOf(IEnumerable<SearchSum> sums) => [.. sums.SelectMany(s => s.Flaws.Keys).Select(f => $"{f.Invariant} {f.Field}").Distinct().Order(StringComparer.Ordinal)];

    /// <summary>A design, and a programme of a scope by its number: some are silent, some are violated soon, or late.</summary>
    public static TheoryData<string, string, int> Programmes
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (int number in (int[])[0, 948, 1185]) data.Add("rfc-v1", "folio-split", number);
            foreach (int number in (int[])[5, 60]) data.Add("no-reinit", "device-private-reinit", number);
            data.Add("tso", "gup-pin", 3);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programmes))]
    public void Parts_violate_what_the_whole_does(string policy, string workload, int number)
    {
        SmallScope scope = Catalog<Workload>.Find(workload)!.Scope;
        Policy design = Presets.Find(policy)!.Policy;
        WrittenProgramme programme = scope[number];
        SearchSum whole = Search(CellOf(programme, scope.Geometry, design, 1, 0)).Single();
        foreach ((int parts, int depth) in ((int, int)[])[(1, 3), (3, 1), (4, 5), (2, 16)])
        {
            SearchSum[] sums = [.. Search(CellOf(programme, scope.Geometry, design, parts, depth))];
            Assert.Equal(FlawsOf([whole]), FlawsOf(sums));
            // A state after so many steps is left by one part, and what comes after it is counted by whoever comes to it.
            Assert.True(sums.Sum(s => s.FinalStates) >= whole.FinalStates);
            Assert.Equal(sums.Select(s => s.Digest), Search(CellOf(programme, scope.Geometry, design, parts, depth)).Select(s => s.Digest));
        }
    }

    [Fact]
    public void Each_flaw_comes_with_a_schedule_that_leads_to_it_from_the_first_step()
    {
        SmallScope scope = Catalog<Workload>.Find("folio-split")!.Scope;
        Cell cell = CellOf(scope[948], scope.Geometry, Presets.Find("rfc-v1")!.Policy, 3, 4);
        SeenFlaw[] flaws = [.. Search(cell).SelectMany(s => s.Flaws.Values)];
        Assert.NotEmpty(flaws);
        foreach (SeenFlaw flaw in flaws)
        {
            var runner = new Replays.ScenarioRunner(cell.Geometry);
            runner.Run(new Replays.Scenario(SearchExecutor.CellOf(cell, 0), 0, Replays.ProgrammeEdits.None, flaw.Schedule, Fair: false));
            Assert.Equal(flaw.Signature, runner.Signature);
        }
    }

    [Fact]
    public void A_record_is_the_same_again_and_says_what_its_searches_came_to()
    {
        Workload workload = Catalog<Workload>.Find("device-private-reinit")!;
        var cell = new Cell(Presets.Find("no-reinit")!.Policy, workload, SearchTerms.StrategyId, workload.Scope.Geometry, s_nothingFixed) { Search = new(100_000, 30, 0) };
        ShardRecord record = _executor.Run(cell, 0, 6), again = new SearchExecutor().Run(cell, 0, 6);
        Assert.Equal((record.Digest, record.Search), (again.Digest, again.Search));
        Assert.Equal((6, 6, record.Search!.Transitions), (record.Schedules, record.Search.Programmes, record.Steps));
        Assert.Equal((1, 0), (record.DeterminismChecked, record.DeterminismMismatches));
        // Of programmes that are spread over the scope, a finding names the number there.
        Assert.All(record.Findings, raw => Assert.Equal(0UL, raw.LowestSeed % (ulong)(workload.Scope.Count / 30)));
        ShardRecord cut = _executor.Run(cell with { Search = new(10, 30, 0) }, 0, 6);
        Assert.Equal(6, cut.Search!.Unfinished + cut.Search.Violated + cut.Search.Exhausted);
        Assert.True(cut.Search.Unfinished > 0);
    }

    [Fact]
    public void Whoever_stops_a_search_gets_no_record_of_it()
    {
        Workload workload = Catalog<Workload>.Find("gup-pin")!;
        var cell = new Cell(Policy.Control, workload, SearchTerms.StrategyId, workload.Scope.Geometry, s_nothingFixed) { Search = new(100_000, 30, 0) };
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => _executor.Run(cell, 0, 1, stop.Token));
    }
}
