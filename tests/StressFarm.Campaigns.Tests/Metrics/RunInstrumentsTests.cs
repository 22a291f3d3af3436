namespace StressFarm.Campaigns.Tests.Metrics;

/// <summary>An embedded run counts what its ledger took, and nothing else.</summary>
public sealed class RunInstrumentsTests : IDisposable
{
    private readonly Collection _collection = new();
    private readonly RunInstruments _instruments;

    public RunInstrumentsTests() => _instruments = new(_collection.Meter, TimeProvider.System, audited: false);

    public void Dispose() => _collection.Dispose();

    private CampaignReport Run(CampaignSpec spec, ICampaignStore store, FakeEngine engine, int workers = 2, CancellationToken interrupt = default) =>
        new CampaignRunner(new CampaignPlan(spec), store, engine, TimeProvider.System, _instruments).Run(workers, null, interrupt).Report!;

    /// <summary>The collection after the one in which what appeared lately is 0.</summary>
    private IReadOnlyDictionary<string, double> Read()
    {
        _collection.Read();
        return _collection.Read();
    }

    [Fact]
    public void A_clock_that_is_behind_takes_nothing_from_a_counter()
    {
        _instruments.Work.FirstViolation("mixed", TimeSpan.FromSeconds(3));
        _instruments.Work.FirstViolation("mixed", TimeSpan.FromSeconds(-2));
        IReadOnlyDictionary<string, double> read = Read();
        Assert.Equal((2, 3), (read.Sum(InstrumentNames.FirstViolations), read.Sum(InstrumentNames.FirstViolationSeconds)));
    }

    [Fact]
    public void The_counters_add_up_to_the_report()
    {
        var store = new MemoryStore();
        CampaignReport report = Run(Specs.Small(), store, new FakeEngine());
        IReadOnlyDictionary<string, double> read = Read();
        Assert.Equal(report.Schedules, read.Sum(InstrumentNames.Schedules));
        Assert.Equal(report.Steps, read.Sum(InstrumentNames.Steps));
        Assert.Equal(report.Steps, read["stressfarm_strategy_steps_total{strategy=random}"]);
        long violated = report.Cells.Sum(c => c.Violated);
        Assert.True(violated > 0);
        foreach (InstrumentName name in (InstrumentName[])[InstrumentNames.Violations, InstrumentNames.WorkloadViolations, InstrumentNames.StrategyViolations])
            Assert.Equal(violated, read.Sum(name));
        foreach (var cell in report.Cells)
            Assert.Equal(cell.Schedules, read[$"stressfarm_schedules_total{{policy={cell.Policy},workload={cell.Workload}}}"]);
        Assert.Equal(report.DeterminismChecked, read["stressfarm_replays_total{kind=self}"]);
        Assert.Equal(0, read.Sum(InstrumentNames.ReplayMismatches));
        Assert.True(read["stressfarm_findings_total{severity=Corruption}"] >= report.Findings.Count && report.Findings.Count > 0);
        CanaryRecord[] canaries = [.. store.Shards().Select(s => s.Record.Canary).OfType<CanaryRecord>()];
        Assert.NotEmpty(canaries);
        Assert.Equal((canaries.Length, canaries.Length), (read.Sum(InstrumentNames.CanariesPlanted), read.Sum(InstrumentNames.CanariesCaught)));
        Assert.Equal(2 * Catalog<Canary>.All.Count(), read.Keys.Count(k => k.Contains("canary=", StringComparison.Ordinal)));
        Assert.True(read["stressfarm_violation_last_timestamp_seconds"] > 1.7e9);
        Assert.Equal(report.Cells.Count(c => c.Violated > 0), read.Sum(InstrumentNames.FirstViolations));
        Assert.InRange(read.Sum(InstrumentNames.FirstViolationSeconds), 0, 600 * read.Sum(InstrumentNames.FirstViolations));
        foreach (var cell in report.Cells)
            Assert.Equal(cell.Violated, read[$"stressfarm_violated_schedules_total{{policy={cell.Policy},workload={cell.Workload}}}"]);
        Assert.Equal((read.Sum(InstrumentNames.Findings), 0), (read["stressfarm_replays_total{kind=work-up}"], read["stressfarm_replay_mismatches_total{kind=work-up}"]));
        Assert.Equal(report.Shards, read["stressfarm_ledger_shards{state=executed}"]);
        Assert.Equal(report.Shards, read["stressfarm_ledger_shards{state=planned}"]);
        // Nobody looked whether anything is lost: nothing is said of that.
        Assert.DoesNotContain("stressfarm_ledger_shards{state=lost}", read.Keys);
        Assert.Equal(read["stressfarm_results_total{fate=accepted}"], read.Sum(InstrumentNames.ShardDuration));
        Assert.Equal((1, 0), (read["stressfarm_campaigns_ended_total{state=done}"], read.Sum(InstrumentNames.Campaigns)));
        Assert.Equal((0, 2), (read["stressfarm_workers{state=busy}"], read["stressfarm_workers{state=idle}"]));
        Assert.True(read["stressfarm_worker_busy_seconds_total"] > 0);
    }

    [Fact]
    public void What_differs_when_it_is_run_twice_is_counted()
    {
        Run(Specs.Small(), new MemoryStore(), new FakeEngine { Mismatches = 1 });
        IReadOnlyDictionary<string, double> read = Read();
        Assert.Equal(read["stressfarm_replays_total{kind=self}"], read["stressfarm_replay_mismatches_total{kind=self}"]);
        Assert.True(read["stressfarm_replay_mismatches_total{kind=self}"] > 0);
    }

    /// <summary>It would be a violation that nobody can replay.</summary>
    [Fact]
    public void A_violation_that_does_not_recur_is_a_mismatch_and_no_finding()
    {
        Run(Specs.Small(), new MemoryStore(), new FakeEngine { LoseFindings = true });
        IReadOnlyDictionary<string, double> read = Read();
        Assert.True(read["stressfarm_replay_mismatches_total{kind=work-up}"] > 0);
        Assert.Equal(read["stressfarm_replays_total{kind=work-up}"], read["stressfarm_replay_mismatches_total{kind=work-up}"]);
        Assert.Equal(0, read.Sum(InstrumentNames.Findings));
    }

    /// <summary>A build that leaves the canaries out is one that would see no bug.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_canary_that_did_not_ride_along_is_missed(bool another)
    {
        var plan = new CampaignPlan(Specs.Small());
        Shard shard = plan.At(0)!.Value;
        ShardRecord record = new FakeEngine().CreateWorker().Run(plan.Cells[0].Cell, shard.FirstSeed, shard.Count, null, default);
        _instruments.Settled(plan, shard, WorkKind.Explore, record with { Canary = another ? new("M99", "mutant", 3, 30, 3, false) : null }, null, ResultFate.Accepted, TimeSpan.Zero, false);
        Assert.Equal((1, 0), (Read().Sum(InstrumentNames.CanariesPlanted), Read().Sum(InstrumentNames.CanariesCaught)));
    }

    [Fact]
    public void What_was_in_the_ledger_already_is_not_counted_again()
    {
        CampaignSpec spec = Specs.Small();
        var store = new MemoryStore();
        using var interrupt = new CancellationTokenSource();
        Specs.Run(spec, store, new FakeEngine { AfterShard = n => { if (n == 30) interrupt.Cancel(); } }, interrupt: interrupt.Token);
        long before = store.Shards().Sum(s => s.Record.Schedules), violated = store.Shards().Where(s => s.Record.Findings.Count > 0).Select(s => s.Cell).Distinct().Count();
        CampaignReport report = Run(spec, store, new FakeEngine());
        IReadOnlyDictionary<string, double> read = Read();
        Assert.True(before > 0 && violated > 0);
        Assert.Equal(report.Schedules - before, read.Sum(InstrumentNames.Schedules));
        Assert.Equal(report.Cells.Count(c => c.Violated > 0) - violated, read.Sum(InstrumentNames.FirstViolations));
        Assert.Equal(report.Shards, read["stressfarm_ledger_shards{state=executed}"]);
    }

    [Fact]
    public void The_series_are_there_from_the_beginning_and_no_instrument_has_too_many()
    {
        CampaignSpec spec = Specs.Small() with { Policies = [.. Presets.All.Select(p => PolicyChoice.Of(p.Policy))], Workloads = [.. Catalog<Workload>.All.Where(w => w.Standard)] };
        var plan = new CampaignPlan(spec);
        _instruments.Work.Show(plan);
        string[] before = Names(_collection.Read());
        Run(spec, new MemoryStore(), new FakeEngine(), workers: 1);
        string[] after = Names(Read());
        // Their product is too large: these appear when they are violated.
        Assert.All(after.Except(before), s => Assert.StartsWith("stressfarm_violations_total{", s));
        Assert.All(Read().Keys.GroupBy(k => k.Split('{')[0]), g => Assert.True(g.Count() <= LabelledCounter.MostSeries, g.Key));
        Assert.Equal(Presets.All.Count * Catalog<Workload>.All.Count(w => w.Standard), before.Count(s => s.StartsWith("stressfarm_schedules_total{", StringComparison.Ordinal)));

        // A campaign whose pairs fit has all of them from the start.
        using var other = new RunInstrumentsTests();
        CampaignSpec small = Specs.Small();
        other._instruments.Work.Show(new CampaignPlan(small));
        before = Names(other._collection.Read());
        other.Run(small, new MemoryStore(), new FakeEngine());
        Assert.Equal(before, Names(other.Read()));
    }

    [Fact]
    public void A_soak_counts_epochs_and_a_learning_strategy_species()
    {
        CampaignReport report = Run(Specs.Soak(), new MemoryStore(), new FakeEngine());
        IReadOnlyDictionary<string, double> read = Read();
        Assert.Equal(report.Shards, read["stressfarm_epochs_total"]);
        Assert.Equal((0, 0, report.Cells.Count), (read["stressfarm_sections{state=running}"], read["stressfarm_sections{state=waiting}"], read["stressfarm_sections{state=done}"]));
        Assert.Equal(0, read["stressfarm_species_seen"]);
        using var learning = new RunInstrumentsTests();
        var store = new MemoryStore();
        CampaignSpec spec = Specs.Small() with { Strategy = FeedbackPortfolio.StrategyId, GenerationShards = 2 };
        learning.Run(spec, store, new FakeEngine());
        read = learning.Read();
        Assert.True(read["stressfarm_species_seen"] > 0);
        Assert.Equal(read["stressfarm_species_seen"], read.Sum(InstrumentNames.SpeciesDiscovered));
        // Of a campaign that is done nothing is discovered any more.
        using var again = new RunInstrumentsTests();
        again.Run(spec, store, new FakeEngine());
        Assert.Equal(0, again.Read().Sum(InstrumentNames.SpeciesDiscovered));
    }

    [Theory]
    [InlineData(WorkKind.Explore, ResultFate.Accepted, false, 8, "self", 1, 0)]
    [InlineData(WorkKind.Explore, ResultFate.Refused, false, 0, "ledger", 0, 0)]
    [InlineData(WorkKind.Explore, ResultFate.Same, false, 0, "ledger", 1, 0)]
    [InlineData(WorkKind.Explore, ResultFate.Mismatch, false, 0, "ledger", 1, 1)]
    [InlineData(WorkKind.Explore, ResultFate.Mismatch, true, 0, "ledger", 1, 1)]
    [InlineData(WorkKind.Explore, ResultFate.Same, true, 8, "ledger", 0, 0)]
    [InlineData(WorkKind.Verify, ResultFate.Accepted, false, 0, "silo", 1, 0)]
    [InlineData(WorkKind.Verify, ResultFate.Mismatch, false, 0, "silo", 1, 1)]
    [InlineData(WorkKind.Verify, ResultFate.Refused, true, 0, "silo", 0, 0)]
    public void What_becomes_of_a_shard_says_whether_it_was_work_or_a_replay(WorkKind kind, ResultFate fate, bool unanswered, int schedules, string replay, int replays, int mismatches)
    {
        var plan = new CampaignPlan(Specs.Small());
        Canary canary = plan.CanaryOf(plan.At(0)!.Value)!.Canary;
        ShardRecord record = new FakeEngine().CreateWorker().Run(plan.Cells[0].Cell, 1, 8, null, default);
        _instruments.Settled(plan, plan.At(0)!.Value, kind, record with { Canary = new(canary.Id, canary.KindName, 3, 30, 3, false) }, null, fate, TimeSpan.FromSeconds(2), unanswered);
        IReadOnlyDictionary<string, double> read = Read();
        Assert.Equal(schedules, read.Sum(InstrumentNames.Schedules));
        Assert.Equal((replays, mismatches), (read[$"stressfarm_replays_total{{kind={replay}}}"], read[$"stressfarm_replay_mismatches_total{{kind={replay}}}"]));
        Assert.Equal(1, read[$"stressfarm_results_total{{fate={WorkInstruments.Fates[(int)fate]}}}"]);
        Assert.Equal(schedules > 0 ? 1 : 0, read["stressfarm_replays_total{kind=self}"]);
        Assert.Equal((schedules > 0 ? 1 : 0, schedules > 0 ? 1 : 0), (read.Sum(InstrumentNames.CanariesPlanted), read.Sum(InstrumentNames.CanariesCaught)));
    }

    [Fact]
    public void A_canary_is_counted_when_it_is_planted_and_when_it_is_caught()
    {
        using var collection = new Collection();
        var trust = new TrustInstruments(collection.Meter, new(collection.Meter), TimeProvider.System, [(TrustInstruments.KnownBug, "Z01"), (TrustInstruments.Mutant, "M1")]);
        Assert.Equal(4, collection.Read().Count(s => s.Key.Contains("canary=", StringComparison.Ordinal) && s.Value == 0));
        trust.Canary(TrustInstruments.KnownBug, "Z01", caught: true, seconds: 1);
        trust.Canary(TrustInstruments.KnownBug, "Z01", caught: false, seconds: 1);
        IReadOnlyDictionary<string, double> read = collection.Read();
        Assert.Equal((2, 1), (read["stressfarm_canaries_planted_total{kind=known-bug,canary=Z01}"], read["stressfarm_canaries_caught_total{kind=known-bug,canary=Z01}"]));
        Assert.Equal((0, 0), (read["stressfarm_canaries_planted_total{kind=mutant,canary=M1}"], read["stressfarm_canary_last_caught_timestamp_seconds{kind=mutant}"]));
        Assert.Equal(1, read["stressfarm_canary_duration_seconds{kind=known-bug}"]);
        Assert.True(read["stressfarm_canary_last_caught_timestamp_seconds{kind=known-bug}"] > 1.7e9);
    }

    private static string[] Names(IReadOnlyDictionary<string, double> read) =>
        [.. read.Keys.Where(k => !InstrumentNames.All.Any(i => i.Kind == InstrumentKind.Histogram && i.Name == k.Split('{')[0]))];
}
