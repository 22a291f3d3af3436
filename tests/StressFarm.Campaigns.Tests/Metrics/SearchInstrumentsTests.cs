namespace StressFarm.Campaigns.Tests.Metrics;

/// <summary>What a shard of searched programmes counts as, and as what it does not.</summary>
public sealed class SearchInstrumentsTests : IDisposable
{
    private static readonly InstrumentName[] s_schedules =
    [
        InstrumentNames.Schedules, InstrumentNames.Steps, InstrumentNames.ViolatedSchedules, InstrumentNames.StrategySchedules, InstrumentNames.StrategySteps,
        InstrumentNames.StrategyViolations,
    ];

    private readonly Collection _collection = new();
    private readonly RunInstruments _instruments;
    private readonly CampaignPlan _plan = new(Specs.Small());

    public SearchInstrumentsTests() => _instruments = new(_collection.Meter, TimeProvider.System, audited: false);

    public void Dispose() => _collection.Dispose();

    /// <summary>As the ledger has it: programmes stand where schedules do, transitions where steps do, and what ran them is no strategy's arm.</summary>
    private static ShardRecord Record(SearchCounts search, params RawFinding[] findings) =>
        new(7, search.Programmes, search.Transitions, [new("exhaust", search.Programmes, search.Transitions, search.Violated, search.Unfinished)], findings, 0, 0) { Search = search };

    private IReadOnlyDictionary<string, double> Read()
    {
        _collection.Read();
        return _collection.Read();
    }

    private void Settle(ShardRecord record, WorkKind kind = WorkKind.Explore, ResultFate fate = ResultFate.Accepted) =>
        _instruments.Settled(_plan, _plan.At(0)!.Value, kind, record, null, fate, TimeSpan.Zero, unanswered: false);

    [Fact]
    public void Programmes_are_counted_by_verdict_and_are_no_schedules()
    {
        Settle(Record(new(Exhausted: 5, Violated: 2, Unfinished: 1, States: 900, Transitions: 2000, FinalStates: 30, MostStates: 400), new RawFinding("I36", "_refcount", "op", "other", 3, 2)));
        Settle(Record(new(Exhausted: 1, Violated: 0, Unfinished: 0, States: 100, Transitions: 250, FinalStates: 3, MostStates: 100)));
        IReadOnlyDictionary<string, double> read = Read();
        string workload = _plan.Cells[0].Workload.Label, policy = Presets.NameOf(_plan.Cells[0].Policy.Policy);
        foreach ((string verdict, int programmes) in ((string, int)[])[("exhausted", 6), ("violated", 2), ("inconclusive", 1)])
            Assert.Equal(programmes, read[$"stressfarm_searched_programmes_total{{workload={workload},verdict={verdict}}}"]);
        Assert.Equal((1000, 2250), (read[$"stressfarm_search_states_total{{workload={workload}}}"], read[$"stressfarm_search_transitions_total{{workload={workload}}}"]));
        Assert.Equal((9, 1000, 2250), (read.Sum(InstrumentNames.SearchedProgrammes), read.Sum(InstrumentNames.SearchStates), read.Sum(InstrumentNames.SearchTransitions)));
        Assert.All(s_schedules, name => Assert.Equal(0, read.Sum(name)));
        // What is violated is, however it was found: alerts on the control look there.
        Assert.Equal((2, 2), (read[$"stressfarm_violations_total{{policy={policy},invariant=I36}}"], read[$"stressfarm_workload_violations_total{{workload={workload},invariant=I36}}"]));
        Assert.True(read["stressfarm_violation_last_timestamp_seconds"] > 1.7e9);
    }

    [Theory]
    [InlineData(WorkKind.Explore, ResultFate.Refused)]
    [InlineData(WorkKind.Explore, ResultFate.Same)]
    [InlineData(WorkKind.Verify, ResultFate.Accepted)]
    public void What_is_no_work_is_not_counted(WorkKind kind, ResultFate fate)
    {
        Settle(Record(new(1, 0, 0, 100, 250, 3, 100)), kind, fate);
        Assert.Equal((0, 0), (Read().Sum(InstrumentNames.SearchedProgrammes), Read().Sum(InstrumentNames.SearchStates)));
    }

    [Fact]
    public void Schedules_are_no_programmes()
    {
        Settle(new FakeEngine().CreateWorker().Run(_plan.Cells[0].Cell, 1, 8, null, default));
        Assert.Equal((8, 0), (Read().Sum(InstrumentNames.Schedules), Read().Sum(InstrumentNames.SearchedProgrammes)));
    }

    /// <summary>Whatever a programme is called, it is one of a closed set.</summary>
    [Fact]
    public void The_series_are_there_from_the_start()
    {
        string[] Names(InstrumentName name) => [.. _collection.Read().Keys.Where(k => k.Split('{')[0] == name.Name)];
        string[] workloads = [.. Catalog<Workload>.Ids, "programme"];
        Assert.Equal(workloads.Length * 3, Names(InstrumentNames.SearchedProgrammes).Length);
        Assert.Equal(workloads.Length, Names(InstrumentNames.SearchStates).Length);
        Assert.Equal(workloads.Length, Names(InstrumentNames.SearchTransitions).Length);
        Assert.True(workloads.Length * 3 < LabelledCounter.MostSeries / 2);
        WrittenProgramme named = ProgrammeFile.Parse("name: my-own\ncpus:\n  - - zap_pte_range\n", "p.yaml");
        _instruments.Work.Accepted(_plan.Cells[0] with { Workload = named }, Record(new(1, 0, 0, 100, 250, 3, 100)));
        Assert.Equal((1, 100), (Read()["stressfarm_searched_programmes_total{workload=programme,verdict=exhausted}"], Read()["stressfarm_search_states_total{workload=programme}"]));
    }
}
