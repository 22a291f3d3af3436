namespace StressFarm.Campaigns.Tests;

public class RunnerTests
{
    [Fact]
    public void One_two_and_four_workers_give_the_same_bytes()
    {
        foreach (CampaignSpec spec in (CampaignSpec[])[Specs.Small(), Specs.Small(schedules: null, steps: 9_000)])
        {
            string one = Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine(), workers: 1));
            foreach (int workers in (int[])[2, 4])
                Assert.Equal(one, Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine(), workers)));
        }
    }

    [Fact]
    public void Killed_after_any_shard_it_resumes_to_the_same_bytes_and_runs_no_shard_twice()
    {
        CampaignSpec spec = Specs.Small(schedules: 40);
        string whole = Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine()));
        int shards = (int)new CampaignPlan(spec).ShardCount!.Value;
        for (int kill = 1; kill <= shards; kill++)
        {
            using var interrupt = new CancellationTokenSource();
            var store = new MemoryStore();
            int after = kill;
            var dying = new FakeEngine { AfterShard = n => Specs.CancelAt(after, n, interrupt) };
            CampaignOutcome first = Specs.Run(spec, store, dying, interrupt: interrupt.Token);
            Assert.True(first.Interrupted);
            Assert.Null(first.Report);
            // The shard in which it died is lost; those before it are not.
            Assert.Equal(kill - 1, store.Shards().Count());
            var fresh = new FakeEngine();
            CampaignOutcome second = Specs.Run(spec, store, fresh, workers: 2);
            Assert.Equal(whole, Specs.ReportOf(second));
            Assert.Equal(shards - (kill - 1), fresh.Runs);
            Assert.Equal(kill - 1, second.Resumed);
        }
    }

    [Fact]
    public void A_finished_campaign_is_not_run_again_nor_its_findings_worked_up_again()
    {
        var store = new MemoryStore();
        CampaignSpec spec = Specs.Small();
        string first = Specs.ReportOf(Specs.Run(spec, store, new FakeEngine()));
        var again = new FakeEngine();
        Assert.Equal(first, Specs.ReportOf(Specs.Run(spec, store, again)));
        Assert.Equal((0, 0), (again.Runs, again.Workups));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_time_budget_reports_a_contiguous_prefix_that_a_bounded_run_of_that_size_repeats(int workers)
    {
        var clock = new HandClock();
        var engine = new FakeEngine { AfterShard = _ => clock.Advance(TimeSpan.FromSeconds(1)) };
        CampaignSpec open = Specs.Small(schedules: null);
        CampaignReport report = Specs.Run(open, new MemoryStore(), engine, workers, TimeSpan.FromSeconds(20), clock).Report!;
        Assert.InRange(report.Shards, 18, 20 + workers);

        var plan = new CampaignPlan(open);
        var tally = new CampaignTally(plan);
        ICampaignWorker worker = new FakeEngine().CreateWorker();
        for (long i = 0; i < report.Shards; i++)
        {
            Shard shard = plan.At(i)!.Value;
            tally.Add(i, worker.Run(plan.Cells[shard.Cell].Cell, shard.FirstSeed, shard.Count, null, CancellationToken.None));
        }
        Assert.Equal((tally.Digest, tally.Steps, tally.Schedules), (report.Digest, report.Steps, report.Schedules));
    }

    [Fact]
    public void A_time_budget_that_ends_between_rounds_has_the_digest_of_the_bounded_run()
    {
        var clock = new HandClock();
        CampaignSpec open = Specs.Small(schedules: null);
        int rounds = 3, cells = new CampaignPlan(open).Cells.Count;
        var engine = new FakeEngine { AfterShard = n => { if (n == rounds * cells) clock.Advance(TimeSpan.FromHours(1)); } };
        CampaignReport timed = Specs.Run(open, new MemoryStore(), engine, 1, TimeSpan.FromMinutes(1), clock).Report!;
        CampaignReport bounded = Specs.Run(Specs.Small(schedules: rounds * open.ShardSchedules), new MemoryStore(), new FakeEngine()).Report!;
        Assert.Equal(bounded.Digest, timed.Digest);
        Assert.Equal(bounded.Schedules, timed.Schedules);
    }

    [Fact]
    public void A_time_budget_cut_short_leaves_clean_cells_inconclusive_and_a_second_run_goes_on()
    {
        var clock = new HandClock();
        var store = new MemoryStore();
        CampaignSpec spec = Specs.Small(schedules: 80);
        var slow = new FakeEngine { ViolateEvery = 0, AfterShard = _ => clock.Advance(TimeSpan.FromSeconds(1)) };
        CampaignReport first = Specs.Run(spec, store, slow, 1, TimeSpan.FromSeconds(7), clock).Report!;
        Assert.Equal(7, first.Shards);
        Assert.All(first.Cells, c => Assert.Equal(Verdict.Inconclusive, c.Verdict));
        CampaignReport second = Specs.Run(spec, store, new FakeEngine { ViolateEvery = 0 }).Report!;
        Assert.All(second.Cells, c => Assert.Equal(Verdict.Clean, c.Verdict));
        Assert.Equal(Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine { ViolateEvery = 0 })), ReportWriter.CanonicalText(second));
    }

    [Fact]
    public void Another_digest_for_a_shard_of_the_ledger_is_reported_and_the_first_one_stays()
    {
        var store = new MemoryStore();
        var plan = new CampaignPlan(Specs.Small(schedules: 8));
        Shard shard = plan.At(2)!.Value;
        // The record arrives from elsewhere after this run has read the ledger.
        var engine = new FakeEngine
        {
            AfterShard = n =>
            {
                if (n == 1) store.Record(shard.Cell, shard.Number, new FakeEngine { Salt = 99 }.CreateWorker().Run(plan.Cells[shard.Cell].Cell, shard.FirstSeed, shard.Count, null, default));
            },
        };
        CampaignOutcome outcome = Specs.Run(plan.Spec, store, engine);
        string defect = Assert.Single(outcome.Defects);
        Assert.Contains("another digest", defect);
        Assert.Contains("rfc-v1", defect);
        Assert.Empty(Specs.Run(plan.Spec, new MemoryStore(), new FakeEngine()).Defects);
    }

    [Fact]
    public void A_failed_self_check_and_a_lost_violation_are_defects()
    {
        string defect = Assert.Single(Specs.Run(Specs.Small(schedules: 8), new MemoryStore(), new FakeEngine { ViolateEvery = 0, Mismatches = 1 }).Defects);
        Assert.Contains("determinism self-check failed: 6 schedules", defect);
        IReadOnlyList<string> lost = Specs.Run(Specs.Small(), new MemoryStore(), new FakeEngine { LoseFindings = true }).Defects;
        Assert.NotEmpty(lost);
        Assert.All(lost, d => Assert.Contains("did not recur at its own seed", d));
    }

    [Fact]
    public void A_model_failure_names_cell_and_seed_on_one_line_and_keeps_finished_shards()
    {
        var store = new MemoryStore();
        CampaignFault fault = Assert.Throws<CampaignFault>(() => Specs.Run(Specs.Small(), store, new FakeEngine { ThrowAt = 42 }, workers: 2));
        Assert.Contains("seed 42", fault.Message);
        Assert.Contains("control", fault.Message);
        Assert.Contains("a planted defect", fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.NotEmpty(store.Shards());
    }

    [Fact]
    public void A_ledger_whose_shards_are_not_the_plans_is_refused()
    {
        var store = new MemoryStore();
        store.Record(0, 0, new(1, 5, 1, [], [], 0, 0));
        Assert.Contains("damaged", Assert.Throws<SpecException>(() => Specs.Run(Specs.Small(), store, new FakeEngine())).Message);
    }
}
