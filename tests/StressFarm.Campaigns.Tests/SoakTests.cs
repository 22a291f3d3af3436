using Microsoft.Data.Sqlite;

namespace StressFarm.Campaigns.Tests;

public sealed class SoakTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-soak-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SqliteLedger Open(CampaignSpec spec) => SqliteLedger.Open(_folder, new CampaignPlan(spec));

    [Fact]
    public void Sections_are_cells_and_their_seeds_never_meet()
    {
        CampaignSpec spec = Specs.Soak(epochs: 5, sections: 3, schedules: 7);
        var plan = new CampaignPlan(spec);
        Assert.Equal(2 * 2 * 3, plan.Cells.Count);
        Assert.Equal(5, plan.ShardsPerCell);
        Assert.All(plan.Cells, c => Assert.Equal(35, plan.AskedOf(c)));
        var seeds = new HashSet<(string, string, ulong)>();
        for (long i = 0; plan.At(i) is { } shard; i++)
        {
            PlannedCell cell = plan.Cells[shard.Cell];
            Assert.Equal((i, 7), (plan.IndexOf(shard.Cell, shard.Number), shard.Count));
            for (ulong k = 0; k < 7; k++) Assert.True(seeds.Add((cell.Policy.Name, cell.Workload.Id, shard.FirstSeed + k)));
        }
        Assert.Equal(12 * 35, seeds.Count);
        // The same sections under another policy run the same seeds: an experiment on the policy alone.
        Assert.Equal(seeds.Where(s => s.Item1 == "control").Select(s => s.Item3).Order(), seeds.Where(s => s.Item1 == "rfc-v1").Select(s => s.Item3).Order());
    }

    [Fact]
    public void An_epoch_is_ready_when_the_one_before_it_is_done()
    {
        CampaignSpec spec = Specs.Soak();
        var plan = new CampaignPlan(spec);
        var tally = new CampaignTally(plan);
        Shard first = plan.At(2)!.Value, second = plan.At(plan.IndexOf(first.Cell, 1))!.Value;
        Assert.True(plan.IsReady(first, tally));
        Assert.False(plan.IsReady(second, tally));
        tally.Add(first.Index, new(1, 8, 1, [], [], 0, 0));
        Assert.True(plan.IsReady(second, tally));
    }

    [Fact]
    public void The_canonical_text_tells_soaks_apart_and_reads_back()
    {
        CampaignSpec[] specs =
        [
            Specs.Small(), Specs.Small(schedules: null), Specs.Soak(), Specs.Soak(epochs: 7), Specs.Soak(epochs: null), Specs.Soak(sections: 2), Specs.Soak(schedules: 9),
            Specs.Soak() with { Bug = "Z06", Parameters = new Dictionary<string, int> { ["ops"] = 2 }, Geometry = new(4096, 4) },
            Specs.Small() with { Strategy = "feedback" }, Specs.Small() with { Strategy = "feedback", GenerationShards = 3 },
        ];
        Assert.Equal(specs.Length, specs.Select(s => s.Hash).Distinct().Count());
        Assert.All(specs, spec => Assert.Equal(spec.Hash, CanonicalSpec.Read(spec.Canonical).Hash));
        Assert.DoesNotContain("soak", Specs.Small().Canonical);
        Assert.Throws<SpecException>(() => CanonicalSpec.Read(Specs.Soak().Canonical.Replace("epochs=6", "epochs=six", StringComparison.Ordinal)));
        Assert.Contains("another model version", Assert.Throws<SpecException>(() => CanonicalSpec.Read("model: 0\n")).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_report_does_not_depend_on_workers_or_store(int workers)
    {
        CampaignSpec spec = Specs.Soak();
        string expected = Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine()));
        using SqliteLedger ledger = Open(spec);
        Assert.Equal(expected, Specs.ReportOf(Specs.Run(spec, ledger, new FakeEngine(), workers)));
        Assert.Contains("\"chain\"", expected);
        Assert.DoesNotContain("95 %", expected);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(30)]
    [InlineData(71)]
    public void A_soak_that_was_killed_goes_on_and_its_chain_is_unbroken(int after)
    {
        CampaignSpec spec = Specs.Soak();
        string whole = Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine()));
        using var interrupt = new CancellationTokenSource();
        using (SqliteLedger ledger = Open(spec))
            Assert.True(Specs.Run(spec, ledger, new FakeEngine { AfterShard = n => Specs.CancelAt(after, n, interrupt) }, workers: 2, interrupt: interrupt.Token).Interrupted);
        using (SqliteLedger ledger = Open(spec)) Assert.Equal(whole, Specs.ReportOf(Specs.Run(spec, ledger, new FakeEngine(), workers: 2)));
        using SqliteLedger done = Open(spec);
        Assert.Equal(72, Verify(spec, done, all: true).Reexecuted);
    }

    [Fact]
    public void An_epoch_whose_row_was_lost_is_run_again_and_another_result_is_a_mismatch()
    {
        CampaignSpec spec = Specs.Soak(epochs: 4);
        string whole;
        using (SqliteLedger ledger = Open(spec)) whole = Specs.ReportOf(Specs.Run(spec, ledger, new FakeEngine()));
        Execute("DELETE FROM shard WHERE number = 3");
        using (SqliteLedger ledger = Open(spec)) Assert.Equal(whole, Specs.ReportOf(Specs.Run(spec, ledger, new FakeEngine())));
        using SqliteLedger again = Open(spec);
        StoredShard row = again.Shards().Last();
        Checkpoint at = again.FindCheckpoint(row.Cell, row.Number)!;
        Assert.Equal(Recorded.Same, again.RecordEpoch(row.Cell, row.Record, at, pinBefore: false));
        Assert.Equal(Recorded.Mismatch, again.RecordEpoch(row.Cell, row.Record with { Link = new("other", "memory") }, at, pinBefore: false));
    }

    [Fact]
    public void Checkpoints_that_nobody_needs_are_dropped()
    {
        CampaignSpec spec = Specs.Soak(epochs: 200, sections: 1) with { Policies = [Specs.Small().Policies[0]] };
        using SqliteLedger ledger = Open(spec);
        var memory = new MemoryStore();
        var engine = new FakeEngine { ViolateEvery = 301 };
        Specs.Run(spec, ledger, engine);
        Specs.Run(spec, memory, engine);
        foreach (IGrouping<int, (int Cell, Checkpoint Checkpoint)> cell in ledger.Checkpoints().GroupBy(c => c.Cell))
        {
            long[] kept = [.. cell.Select(c => c.Checkpoint.Epoch)];
            var shown = new SoakHeads();
            long[] pinned = [.. ledger.Shards().Where(s => s.Cell == cell.Key).Where(s => shown.Add(s.Cell, s.Number, s.Record)).Select(s => s.Number - 1).Where(e => e >= 0)];
            Assert.Equal(kept, ((long[])[.. pinned, 0, 1, 3, 7, 15, 31, 63, 127, 198, 199]).Distinct().Order());
            Assert.NotEmpty(pinned);
            Assert.Equal(kept, memory.Checkpoints().Where(c => c.Cell == cell.Key).Select(c => c.Checkpoint.Epoch));
        }
        Assert.Equal(199, ledger.FindCheckpoint(0, long.MaxValue)!.Epoch);
        Assert.Equal(127, ledger.FindCheckpoint(0, 130)!.Epoch);
    }

    [Fact]
    public void Time_that_ends_before_the_epochs_leaves_sections_inconclusive_and_time_alone_does_not()
    {
        var clock = new HandClock();
        var engine = new FakeEngine { ViolateEvery = 0, CutEvery = 0, AfterShard = _ => clock.Advance(TimeSpan.FromSeconds(1)) };
        CampaignOutcome bounded = Specs.Run(Specs.Soak(epochs: 6), new MemoryStore(), engine, budget: TimeSpan.FromSeconds(30), clock: clock);
        Assert.All(bounded.Report!.Cells, c => Assert.Equal(Verdict.Inconclusive, c.Verdict));
        CampaignOutcome open = Specs.Run(Specs.Soak(epochs: null), new MemoryStore(), engine, budget: TimeSpan.FromSeconds(30), clock: clock);
        Assert.All(open.Report!.Cells, c => Assert.Equal(Verdict.Clean, c.Verdict));
        Assert.All(open.Report.Cells, c => Assert.InRange(c.Soak!.Epochs, 2, 3));
        CampaignReport full = Specs.Run(Specs.Soak(epochs: 6), new MemoryStore(), engine).Report!;
        Assert.All(full.Cells, c => Assert.Contains("6 epochs, 48 schedules without a violation", c.Bounds));
        Assert.All(full.Cells, c => Assert.DoesNotContain(c.Bounds, b => b.Contains("3/", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_finding_is_worked_up_from_the_checkpoint_before_its_first_epoch()
    {
        CampaignSpec spec = Specs.Soak(epochs: 60, sections: 1);
        using SqliteLedger ledger = Open(spec);
        // The engine refuses any other checkpoint.
        CampaignReport report = Specs.Run(spec, ledger, new FakeEngine { ViolateEvery = 97 }, workers: 2).Report!;
        Assert.NotEmpty(report.Findings);
        Assert.All(report.Findings, f => Assert.NotNull(f.Finding.History));
        Assert.Contains(report.Findings, f => f.Finding.History!.Epoch > 2);
        Assert.Contains("needs the section's history", ReportWriter.CanonicalText(report));
    }

    public static TheoryData<string, string> Tamperings => new()
    {
        { "UPDATE shard SET record = replace(record, '\"Steps\":', '\"Steps\":1') WHERE number = 2 AND cell = 3", "section 0, epoch 2: its link" },
        { "UPDATE shard SET record = replace(record, '\"Cut\":', '\"Cut\":1') WHERE number = 1 AND cell = 1", "section 1, epoch 1: its link" },
        { "UPDATE shard SET record = replace(record, '\"LowestSeed\":', '\"LowestSeed\":1') WHERE cell = 7", "section 1, epoch " },
        { "UPDATE shard SET record = replace(record, '\"Digest\":', '\"Digest\":1') WHERE number = 4 AND cell = 0", "a row in it cannot be read" },
        { "UPDATE shard SET digest = '0123456789abcdef' WHERE number = 4 AND cell = 0", "a row in it cannot be read" },
        { "UPDATE shard SET record = replace(record, '\"StateHash\":\"', '\"StateHash\":\"0') WHERE number = 3 AND cell = 2", "section 2, epoch 3: its link" },
        { "DELETE FROM shard WHERE number = 2 AND cell = 5", "section 2, epoch 2: it is missing" },
        { "DELETE FROM shard WHERE number = 5 AND cell = 5", "section 2, epoch 5: it is missing" },
        { "DELETE FROM checkpoint WHERE epoch = 5 AND cell = 5", "section 2, epoch 5: its checkpoint is missing" },
        { "UPDATE shard SET number = CASE number WHEN 1 THEN 102 ELSE 101 END WHERE cell = 4 AND number IN (1, 2); UPDATE shard SET number = number - 100 WHERE number > 100", "section 1, epoch 1: its link" },
        { "UPDATE checkpoint SET state = zeroblob(9) WHERE cell = 6 AND epoch = 3", "section 0, epoch 3: the state of its checkpoint" },
        { "UPDATE checkpoint SET state = (SELECT state FROM checkpoint WHERE cell = 6 AND epoch = 4) WHERE cell = 6 AND epoch = 5", "section 0, epoch 5: the state of its checkpoint" },
        { "UPDATE checkpoint SET state = (SELECT state FROM checkpoint WHERE cell = 6 AND epoch = 4), statehash = (SELECT statehash FROM checkpoint WHERE cell = 6 AND epoch = 4) WHERE cell = 6 AND epoch = 5", "section 0, epoch 5: its checkpoint is not the chain's" },
        { "UPDATE checkpoint SET chain = '00' WHERE cell = 6 AND epoch = 5", "section 0, epoch 5: its checkpoint is not the chain's" },
        { "UPDATE shard SET cell = 99 WHERE cell = 11 AND number = 0", "a row is of cell 99" },
    };

    [Theory]
    [MemberData(nameof(Tamperings))]
    public void What_was_tampered_with_is_named(string sql, string expected)
    {
        CampaignSpec spec = Specs.Soak();
        using (SqliteLedger ledger = Open(spec))
        {
            Specs.Run(spec, ledger, new FakeEngine { ViolateEvery = 11 });
            ChainVerification sound = Verify(spec, ledger, all: true, violateEvery: 11);
            Assert.Equal((12, 72L, 72L), (sound.Sections, sound.Epochs, sound.Reexecuted));
        }
        Execute(sql);
        using SqliteLedger tampered = Open(spec);
        Exception fault = Assert.ThrowsAny<Exception>(() => Verify(spec, tampered, all: false));
        Assert.True(fault is CampaignFault or SpecException, fault.ToString());
        Assert.Contains(expected, fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    /// <summary>A forger who recomputes every link is found out by whoever runs the epochs once more.</summary>
    [Fact]
    public void A_chain_that_was_forged_as_a_whole_does_not_survive_running_it_again()
    {
        CampaignSpec spec = Specs.Soak(sections: 1);
        var store = new MemoryStore();
        Specs.Run(spec, store, new FakeEngine { Salt = 9 });
        Assert.Equal(0, new ChainVerifier(new(spec), null).Verify(store.Shards(), store.Checkpoints(), []).Reexecuted);
        foreach (int? sample in (int?[])[null, 1])
        {
            var verifier = new ChainVerifier(new(spec), new FakeEngine().CreateWorker()) { Sample = sample };
            Assert.Contains("run once more", Assert.Throws<CampaignFault>(() => verifier.Verify(store.Shards(), store.Checkpoints(), [])).Message);
        }
    }

    [Fact]
    public void An_end_that_was_cut_off_is_seen_by_the_heads_that_the_report_names()
    {
        CampaignSpec spec = Specs.Soak();
        var store = new MemoryStore();
        CampaignReport report = Specs.Run(spec, store, new FakeEngine()).Report!;
        (int, long, string)[] heads = [.. report.Cells.Select((c, i) => (i, c.Soak!.Epochs, c.Soak.Chain))];
        new ChainVerifier(new(spec), null).Verify(store.Shards(), store.Checkpoints(), heads);
        CampaignFault fault = Assert.Throws<CampaignFault>(() => new ChainVerifier(new(spec), null).Verify(
            store.Shards().Where(s => s.Cell != 2 || s.Number < 5), store.Checkpoints().Where(c => c.Cell != 2 || c.Checkpoint.Epoch < 5), heads));
        Assert.Contains("section 2, epoch 5: it is missing", fault.Message);
        heads[3] = heads[3] with { Item3 = heads[4].Item3 };
        Assert.Contains("section 0, epoch 5: its link is not the one that the report names",
            Assert.Throws<CampaignFault>(() => new ChainVerifier(new(spec), null).Verify(store.Shards(), store.Checkpoints(), heads)).Message);
    }

    /// <summary>The real thing, small: findings that need their history, resumed, verified.</summary>
    [Fact]
    public void A_real_soak_finds_what_needs_the_sections_history()
    {
        CampaignSpec spec = Specs.Soak(epochs: 3, sections: 1, schedules: 16) with
        {
            Policies = [PolicyChoice.Of(Presets.Find("no-reinit")!.Policy)],
            Workloads = [Catalog<Workload>.Find("mixed")!],
            Geometry = new(256, 4),
        };
        using var interrupt = new CancellationTokenSource();
        using (SqliteLedger ledger = Open(spec))
            Assert.True(new CampaignRunner(new(spec), ledger, new StoppingEngine(new LocalEngine(spec.Geometry), 2, interrupt), TimeProvider.System).Run(1, null, interrupt.Token).Interrupted);
        using SqliteLedger again = Open(spec);
        CampaignOutcome outcome = new CampaignRunner(new(spec), again, new LocalEngine(spec.Geometry), TimeProvider.System).Run(2, null, default);
        Assert.Empty(outcome.Defects);
        Assert.Equal(2, outcome.Resumed);
        Assert.Contains(outcome.Report!.Findings, f => f.Finding.History is not null && f.Finding.Reliability == 10);
        var verifier = new ChainVerifier(new(spec), new LocalEngine(spec.Geometry).CreateWorker());
        Assert.Equal(3, verifier.Verify(again.Shards(), again.Checkpoints(), []).Reexecuted);
    }

    /// <summary>Everything on one memory: chains and report do not depend on who ran which epoch.</summary>
    [Fact]
    public void A_soak_of_everything_gives_the_same_chains_with_one_worker_and_with_two()
    {
        CampaignSpec spec = Specs.Soak(epochs: 4, sections: 4, schedules: 32) with
        {
            Policies = [PolicyChoice.Of(Presets.Find("control")!.Policy)],
            Workloads = [Catalog<Workload>.Find(SoakBudget.DefaultWorkload)!],
            Geometry = new(256, 4),
        };
        string[] reports = [.. ((int[])[1, 2]).Select(workers =>
        {
            CampaignOutcome outcome = new CampaignRunner(new(spec), new MemoryStore(), new LocalEngine(spec.Geometry), TimeProvider.System).Run(workers, null, default);
            Assert.Empty(outcome.Defects);
            Assert.All(outcome.Report!.Cells, c => Assert.Equal(("everything", Verdict.Clean), (c.Workload, c.Verdict)));
            return Specs.ReportOf(outcome);
        })];
        Assert.Equal(reports[0], reports[1]);
    }

    /// <summary>Asks to stop after some epochs.</summary>
    private sealed class StoppingEngine(ICampaignEngine inner, int epochs, CancellationTokenSource interrupt) : ICampaignEngine
    {
        public ICampaignWorker CreateWorker() => new Worker(inner.CreateWorker(), epochs, interrupt);

        private sealed class Worker(ICampaignWorker inner, int epochs, CancellationTokenSource interrupt) : ICampaignWorker
        {
            public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation) => inner.Run(cell, firstSeed, count, input, cancellation);
            public CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation) => inner.RunCanary(order, cancellation);
            public Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation) => inner.WorkUp(cell, raw, input, cancellation);
            public Finding WorkUp(SoakSection section, RawFinding raw, Checkpoint? before, CancellationToken cancellation) => inner.WorkUp(section, raw, before, cancellation);

            public (ShardRecord Record, Checkpoint Next) RunEpoch(SoakSection section, long epoch, Checkpoint? before, CancellationToken cancellation)
            {
                var done = inner.RunEpoch(section, epoch, before, cancellation);
                if (--epochs == 0) interrupt.Cancel();
                return done;
            }
        }
    }

    /// <param name="all">run every epoch once more, on an engine that violates as often as the one before</param>
    private static ChainVerification Verify(CampaignSpec spec, SqliteLedger ledger, bool all, ulong violateEvery = 37) =>
        new ChainVerifier(new(spec), all ? new FakeEngine { ViolateEvery = violateEvery }.CreateWorker() : null).Verify(ledger.Shards(), ledger.Checkpoints(), []);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, SqliteLedger.FileName)};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }
}
