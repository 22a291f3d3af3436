using System.Text;
using StressFarm.Exploration.Exhaustive;
using StressFarm.Exploration.Replays;

namespace StressFarm.Campaigns.Tests;

/// <summary>Campaigns that run programmes in every interleaving, on real machines: verdicts, counts, findings, and the same bytes however they are run.</summary>
public class ExhaustCampaignTests
{
    private const string Request = "policies: [control, no-reinit]\nworkloads: [gup-pin, device-private-reinit]\nexhaust: {count: 20}\nshard: 4\n";

    private static CampaignSpec Spec(string request) => SpecBuilder.Build(SpecFile.Parse(request, "test"), FarmDefaults.Spec).Spec;

    private static CampaignOutcome Run(CampaignSpec spec, ICampaignStore? store = null, int workers = 2, Action<int>? afterShard = null, TimeSpan? budget = null, TimeProvider? clock = null, CancellationToken interrupt = default) =>
        new CampaignRunner(new(spec), store ?? new MemoryStore(), new CountingEngine(new LocalEngine(spec.Geometry), afterShard ?? (_ => { })), clock ?? TimeProvider.System).Run(workers, budget, interrupt);

    [Fact]
    public void Verdicts_counts_and_findings_are_those_of_the_searches()
    {
        CampaignOutcome outcome = Run(Spec(Request));
        Assert.Empty(outcome.Defects);
        CampaignReport report = outcome.Report!;
        Assert.Equal([Verdict.Exhausted, Verdict.Exhausted, Verdict.Violated, Verdict.Exhausted], report.Cells.Select(c => c.Verdict));
        foreach (CellReport cell in report.Cells)
        {
            SearchCounts counts = cell.Search!.Counts;
            Assert.Equal((20, 20, 0), (cell.Search.Asked, counts.Programmes, cell.Search.Left));
            Assert.Equal((cell.Violated, cell.Steps, cell.Schedules), (counts.Violated, counts.Transitions, counts.Programmes));
            Assert.True(counts.States > counts.FinalStates && counts.FinalStates > 0 && counts.MostStates <= counts.States);
            Assert.Contains($"{counts.States} states, {counts.FinalStates} of them final, {counts.Transitions} transitions", cell.Bounds[0]);
        }
        Assert.Contains("every interleaving of 20 programmes, and none violates anything", report.Cells[0].Bounds[0]);
        CampaignFinding found = Assert.Single(report.Findings, f => f.Finding.Id == report.Cells[2].FirstFinding);
        Assert.Equal(("device-private-reinit", "exhaust", "no-reinit"), (found.Finding.Workload, found.Finding.Strategy, found.Finding.Policy));
        ReplayToken token = ReplayToken.TryDecode(found.Finding.Token, out _)!;
        var runner = new ScenarioRunner(token.Scenario.Cell.Geometry);
        Assert.Equal((token.Digest, token.Signature), (runner.Run(token.Scenario).Digest, runner.Signature!.Value));
        Assert.Contains($"-{found.Finding.Seed}", token.Scenario.Cell.Workload.Id);

        byte[] json = ReportWriter.Canonical(report);
        Assert.Equal(json, ReportWriter.Canonical(ReportReader.Read(json, report.Spec)));
        string page = Encoding.UTF8.GetString(VerdictPage.Markdown(report));
        Assert.Contains($"--exhaust --states {ScopeSearch.DefaultStateLimit} --count 20`", page);
        Assert.Matches(@"\n\| `control` \| 20 \| 20 \|\n\| `no-reinit` \| \*\*[0-9]+\*\* of 20: I[0-9 I]+ \| 20 \|\n", page);
        Assert.Contains("exhausted: every interleaving of 20 programmes", page);
    }

    [Fact]
    public void Any_number_of_workers_and_any_interruption_give_the_same_bytes()
    {
        CampaignSpec spec = Spec(Request);
        string whole = Specs.ReportOf(Run(spec, workers: 1));
        foreach (int kill in (int[])[1, 13])
        {
            using var interrupt = new CancellationTokenSource();
            var store = new MemoryStore();
            int at = kill;
            CampaignOutcome first = Run(spec, store, 1, n => Specs.CancelAt(at, n, interrupt), interrupt: interrupt.Token);
            Assert.True(first.Interrupted);
            Assert.Equal(kill - 1, store.Shards().Count());
            CampaignOutcome second = Run(spec, store, 3);
            Assert.Equal((kill - 1, whole), (second.Resumed, Specs.ReportOf(second)));
        }
    }

    [Fact]
    public void A_budget_that_ends_leaves_cells_inconclusive_with_the_share_that_is_done()
    {
        var clock = new HandClock();
        CampaignReport report = Run(Spec(Request), workers: 1, afterShard: _ => clock.Advance(TimeSpan.FromSeconds(1)), budget: TimeSpan.FromSeconds(8), clock: clock).Report!;
        CellReport cell = report.Cells[0];
        Assert.Equal(Verdict.Inconclusive, cell.Verdict);
        Assert.Equal("of 20 programmes 8 exhausted without a violation, 12 not searched: 40.0 % done", cell.Search!.Sentence);
    }

    [Fact]
    public void Programmes_of_too_many_states_leave_it_inconclusive()
    {
        CampaignReport report = Run(Spec("workloads: gup-pin\nexhaust: {count: 20, states: 100}\n")).Report!;
        CellReport cell = report.Cells[0];
        Assert.Equal(Verdict.Inconclusive, cell.Verdict);
        Assert.True(cell.Search!.Counts.Unfinished > 0);
        Assert.Contains($"{cell.Search.Counts.Unfinished} left at 100 states", cell.Search.Sentence);
    }

    [Theory]
    [InlineData("control", Verdict.Exhausted)]
    [InlineData("spl=nofreeze", Verdict.Violated)]
    public void A_programme_that_was_written_is_judged_the_same_in_parts(string policy, Verdict verdict)
    {
        string programme = $"policies: \"{policy}\"\nprogramme: |\n" + string.Concat(File.ReadLines(Path.Combine(RepositoryRoot.Folder, "programmes/gup-split.yaml")).Select(l => $"  {l}\n"));
        CampaignReport whole = Run(Spec(programme + "exhaust: {}\n")).Report!, parts = Run(Spec(programme + "exhaust: {parts: 3, depth: 5}\n")).Report!;
        Assert.Equal((verdict, verdict), (whole.Cells[0].Verdict, parts.Cells[0].Verdict));
        Assert.Equal((1, "programme", 3, "part"), (whole.Cells[0].Search!.Asked, whole.Cells[0].Search!.Thing, parts.Cells[0].Search!.Asked, parts.Cells[0].Search!.Thing));
        Assert.Equal(whole.Findings.Select(f => f.Finding.Signature).Order(StringComparer.Ordinal), parts.Findings.Select(f => f.Finding.Signature).Order(StringComparer.Ordinal));
        Assert.Equal(3, parts.Shards);
        Assert.Contains("was taken apart after 5 steps", parts.Cells[0].Bounds[1]);
    }

    /// <summary>Tells of each shard that was run.</summary>
    private sealed class CountingEngine(LocalEngine inner, Action<int> afterShard) : ICampaignEngine
    {
        private int _runs;

        public ICampaignWorker CreateWorker() => new Worker(this, inner.CreateWorker());

        private sealed class Worker(CountingEngine engine, ICampaignWorker inner) : ICampaignWorker
        {
            public long Done => inner.Done;

            public ShardRecord Run(Cell cell, ulong firstSeed, int count, Exploration.Feedback.GenerationInput? input, CancellationToken cancellation)
            {
                ShardRecord record = inner.Run(cell, firstSeed, count, input, cancellation);
                engine.Tell();
                cancellation.ThrowIfCancellationRequested();
                return record;
            }

            public CanaryRecord RunCanary(Exploration.Canaries.CanaryOrder order, CancellationToken cancellation) => inner.RunCanary(order, cancellation);

            public Finding WorkUp(Cell cell, RawFinding raw, Exploration.Feedback.GenerationInput? input, CancellationToken cancellation) => inner.WorkUp(cell, raw, input, cancellation);
        }

        private void Tell() => afterShard(Interlocked.Increment(ref _runs));
    }
}
