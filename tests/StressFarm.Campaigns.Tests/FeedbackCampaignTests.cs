using System.Text.Json;

namespace StressFarm.Campaigns.Tests;

/// <summary>Campaigns in generations: what a shard runs depends on others' results, and the report still on the spec alone.</summary>
public class FeedbackCampaignTests
{
    private static readonly Geometry s_geometry = new(256, 4);

    /// <summary>Real shards on a small machine: five generations of two shards in each of two cells.</summary>
    private static CampaignSpec Spec(long schedules = 480) => new()
    {
        Policies = [PolicyChoice.Of(Policy.Control), PolicyChoice.Of(Presets.Find("rfc-v1")!.Policy)],
        Workloads = [Catalog<Workload>.Find("driver-mmap")!],
        Strategy = "feedback",
        Schedules = schedules,
        Geometry = s_geometry,
        ShardSchedules = 48,
        GenerationShards = 2,
    };

    /// <summary>Notes what each shard was told of earlier generations.</summary>
    private sealed class WatchedEngine(Action<int>? afterShard = null) : ICampaignEngine
    {
        private readonly LocalEngine _engine = new(s_geometry);
        private readonly Action<int>? _afterShard = afterShard;
        private int _runs;

        public Dictionary<(string, ulong), string> Inputs { get; } = [];

        public ICampaignWorker CreateWorker() => new Worker(this, _engine.CreateWorker());

        private sealed class Worker(WatchedEngine engine, ICampaignWorker inner) : ICampaignWorker
        {
            public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation)
            {
                ShardRecord record = inner.Run(cell, firstSeed, count, input, cancellation);
                int runs = Interlocked.Increment(ref engine._runs);
                lock (engine.Inputs) engine.Inputs[(cell.Key, firstSeed)] = JsonSerializer.Serialize(input);
                engine._afterShard?.Invoke(runs);
                cancellation.ThrowIfCancellationRequested();
                return record;
            }

            public CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation) => inner.RunCanary(order, cancellation);

            public Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation) => inner.WorkUp(cell, raw, input, cancellation);
        }
    }

    private static CampaignOutcome Run(CampaignSpec spec, ICampaignStore store, ICampaignEngine engine, int workers = 1, CancellationToken interrupt = default) =>
        new CampaignRunner(new CampaignPlan(spec), store, engine, TimeProvider.System).Run(workers, null, interrupt);

    [Fact]
    public void Any_number_of_workers_gives_the_same_bytes_and_each_shard_the_same_input()
    {
        var one = new WatchedEngine();
        string report = Specs.ReportOf(Run(Spec(), new MemoryStore(), one));
        Assert.Contains("\"strategy\": \"mutation\"", report);
        Assert.Contains("\"newSpecies\"", report);
        Assert.Contains("\"generation: 2\"", report);
        foreach (int workers in (int[])[2, 4])
        {
            var many = new WatchedEngine();
            Assert.Equal(report, Specs.ReportOf(Run(Spec(), new MemoryStore(), many, workers)));
            Assert.Equal(one.Inputs.OrderBy(i => i.Key), many.Inputs.OrderBy(i => i.Key));
        }
    }

    [Fact]
    public void Killed_anywhere_it_resumes_to_the_same_bytes()
    {
        string whole = Specs.ReportOf(Run(Spec(), new MemoryStore(), new WatchedEngine()));
        foreach (int kill in (int[])[1, 6, 9, 13, 19])
        {
            using var interrupt = new CancellationTokenSource();
            var store = new MemoryStore();
            Assert.True(Run(Spec(), store, new WatchedEngine(n => Specs.CancelAt(kill, n, interrupt)), 2, interrupt.Token).Interrupted);
            Assert.InRange(store.Shards().Count(), kill - 2, kill + 1);
            Assert.Equal(whole, Specs.ReportOf(Run(Spec(), store, new WatchedEngine(), workers: 2)));
        }
    }

    /// <summary>Every shard of the plan with its record, in order.</summary>
    private static List<(Shard Shard, ShardRecord Record)> Shards(CampaignPlan plan)
    {
        var tally = new CampaignTally(plan);
        ICampaignWorker worker = new LocalEngine(s_geometry).CreateWorker();
        var done = new List<(Shard, ShardRecord)>();
        for (long i = 0; plan.At(i) is { } shard; i++)
        {
            Assert.True(plan.IsReady(shard, tally));
            done.Add((shard, worker.Run(plan.Cells[shard.Cell].Cell, shard.FirstSeed, shard.Count, tally.InputOf(shard.Cell, shard.FirstSeed), default)));
            tally.Add(i, done[^1].Item2);
        }
        return done;
    }

    [Fact]
    public void Records_teach_the_same_in_whatever_order_they_arrive()
    {
        var plan = new CampaignPlan(Spec());
        List<(Shard Shard, ShardRecord Record)> shards = Shards(plan);
        string Inputs(CampaignTally tally) => JsonSerializer.Serialize(Enumerable.Range(0, 2).SelectMany(cell => Enumerable.Range(0, 12).Select(g => tally.CorpusOf(cell)!.InputFor(g))));

        var forward = new CampaignTally(plan);
        foreach (var (shard, record) in shards) forward.Add(shard.Index, record);
        Assert.NotEmpty(forward.CorpusOf(0)!.Parents);
        for (int seed = 0; seed < 10; seed++)
        {
            var order = shards.ToArray();
            new Random(seed).Shuffle(order);
            var shuffled = new CampaignTally(plan);
            foreach (var (shard, record) in order) shuffled.Add(shard.Index, record);
            Assert.Equal(Inputs(forward), Inputs(shuffled));
        }
        // Not a test that cannot fail: two records exchanged teach something else.
        var exchanged = new CampaignTally(plan);
        foreach (var (shard, _) in shards) exchanged.Add(shard.Index, shards[(int)(shard.Index ^ 2)].Record);
        Assert.NotEqual(Inputs(forward), Inputs(exchanged));
    }

    [Fact]
    public void A_shard_is_ready_when_the_generations_before_the_last_are_folded_in_all_cells()
    {
        var plan = new CampaignPlan(Spec());
        var tally = new CampaignTally(plan);
        // The furthest shard that is ready, by how many are folded: generations 0 and 1 at once, then one more generation each.
        for (int folded = 0; folded < 12; folded += 2)
        {
            Assert.Equal(8 + folded / 4 * 4, Ready());
            // What has arrived counts only when what lies before it has.
            tally.Add(folded + 1, Record());
            Assert.Equal(8 + folded / 4 * 4, Ready());
            tally.Add(folded, Record());
        }

        int Ready()
        {
            int ready = 0;
            while (plan.At(ready) is { } shard && plan.IsReady(shard, tally)) ready++;
            return ready;
        }

        static ShardRecord Record() => new(1, 48, 10, [new("random", 48, 10, 0, 0)], [], 0, 0) { Feedback = new([], []) };
    }

    [Fact]
    public void The_board_hands_no_shard_out_before_its_generation_can_begin()
    {
        var plan = new CampaignPlan(Spec());
        var board = new LeaseBoard(plan, LeaseTerms.Unlimited);
        ICampaignWorker worker = new LocalEngine(s_geometry).CreateWorker();
        var taken = new List<Lease>();
        while (board.Take("a", default) is { } lease) taken.Add(lease);
        Assert.Equal(8, taken.Count);
        // The last of the first generation arrives first: nothing can begin; then its others, and four more can.
        foreach (int i in (int[])[3, 1, 2])
        {
            Finish(taken[i]);
            Assert.Null(board.Take("a", default));
        }
        Finish(taken[0]);
        for (int i = 0; i < 4; i++)
        {
            Lease next = board.Take("a", default)!;
            Assert.Equal(2, plan.GenerationOf(next.Work.Shard.Number));
            Assert.Equal(2, next.Input!.Generation);
        }
        Assert.Null(board.Take("a", default));

        void Finish(Lease lease)
        {
            Shard shard = lease.Work.Shard;
            board.Complete(lease.Work, lease.Epoch, worker.Run(plan.Cells[shard.Cell].Cell, shard.FirstSeed, shard.Count, lease.Input, default));
        }
    }

    [Fact]
    public void Of_what_looks_alike_the_occurrence_lowest_in_generation_cell_and_seed_is_worked_up()
    {
        CampaignSpec spec = Spec() with { Policies = [PolicyChoice.Of(Policy.Control)], Workloads = [.. Catalog<Workload>.All.Take(2)] };
        foreach ((string strategy, int cell, ulong seed) in (ValueTuple<string, int, ulong>[])[("feedback", 1, 70), ("random", 0, 300)])
        {
            var plan = new CampaignPlan(spec with { Strategy = strategy });
            var tally = new CampaignTally(plan);
            for (long i = 0; plan.At(i) is { } shard; i++)
            {
                // In cell 0 from seed 300 on, which is of generation 3; in cell 1 from seed 70 on, of generation 0.
                ulong first = shard.Cell == 0 ? 300u : 70u;
                bool violates = shard.FirstSeed + (ulong)shard.Count > first;
                tally.Add(i, new(1, 48, 10, [], violates ? [new("I01", "f", "a", "b", Math.Max(first, shard.FirstSeed), 1)] : [], 0, 0));
            }
            Candidate candidate = Assert.Single(FindingMerge.Candidates(tally));
            Assert.Equal((cell, seed), (candidate.Cell.Index, candidate.Raw.LowestSeed));
            Assert.Equal(tally.Cells.Sum(c => c.Findings.Sum(f => f.Count)), candidate.Count);
            Assert.Equal(plan.Cells.Select(c => c.Workload.Id), FindingMerge.Workloads(tally)[(candidate.Cell.Policy.Name, candidate.Raw.Key)]);
        }
    }

    [Fact]
    public void Generations_are_part_of_a_spec_only_where_there_are_any()
    {
        CampaignSpec feedback = Spec(), random = feedback with { Strategy = "random" };
        Assert.NotEqual(feedback.Hash, (feedback with { GenerationShards = 3 }).Hash);
        Assert.Equal(random.Hash, (random with { GenerationShards = 3 }).Hash);
        Assert.DoesNotContain("generation", random.Canonical);
        var defaults = new SpecDefaults(false, 100);
        CampaignRequest Request(string strategy, string? generation) => new()
        {
            Strategy = new(strategy, "--strategy"),
            Generation = generation is null ? null : new(generation, "--generation"),
        };
        Assert.Equal(CampaignSpec.DefaultGenerationShards, SpecBuilder.Build(Request("feedback", null), defaults).Spec.GenerationShards);
        Assert.Equal(4096, SpecBuilder.Build(Request("feedback", "4096"), defaults).Spec.GenerationShards);
        foreach ((string strategy, string given, string why) in (ValueTuple<string, string, string>[])
            [("feedback", "0", "out of range"), ("feedback", "4097", "out of range"), ("feedback", "x", "not a whole number"), ("pct", "3", "only the strategy feedback")])
            Assert.Contains(why, Assert.Throws<SpecException>(() => SpecBuilder.Build(Request(strategy, given), defaults)).Message);
    }
}
