namespace StressFarm.Campaigns.Tests;

public class LeaseBoardTests
{
    private static readonly DateTimeOffset s_start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly LeaseTerms s_terms = new(TimeSpan.FromSeconds(30));

    private static LeaseBoard Board(LeaseTerms? terms = null) => new(new CampaignPlan(Specs.Small(schedules: 16)), terms ?? s_terms);

    private static ResultFate Finish(LeaseBoard board, Lease lease) => board.Complete(lease.Work, lease.Epoch,
        new FakeEngine().CreateWorker().Run(board.Plan.Cells[lease.Work.Shard.Cell].Cell, lease.Work.Shard.FirstSeed, lease.Work.Shard.Count, lease.Input, default));

    [Fact]
    public void A_lease_that_shows_progress_lives_and_one_that_only_answers_is_given_to_another()
    {
        LeaseBoard board = Board();
        Lease moving = board.Take("a", s_start)!, stuck = board.Take("a", s_start)!;
        for (int second = 10; second <= 100; second += 10)
        {
            DateTimeOffset now = s_start.AddSeconds(second);
            board.Tick(now);
            board.Renew(moving.Work.Key, moving.Epoch, second, now);
            board.Renew(stuck.Work.Key, stuck.Epoch, 0, now);
        }
        Assert.NotNull(board.Held(moving.Work.Key, moving.Epoch));
        Assert.Null(board.Held(stuck.Work.Key, stuck.Epoch));
        Lease again = board.Take("b", s_start.AddSeconds(101))!;
        Assert.Equal(stuck.Work.Key, again.Work.Key);
        Assert.True(again.Epoch > stuck.Epoch);
        Assert.Equal(1, board.Reissued);
    }

    [Fact]
    public void A_result_past_its_time_is_taken_while_nobody_else_has_the_work_and_refused_after()
    {
        LeaseBoard board = Board();
        Lease late = board.Take("a", s_start)!, stale = board.Take("a", s_start)!;
        Assert.Equal(ResultFate.Accepted, Finish(board, late));
        board.Tick(s_start.AddMinutes(1));
        Lease again = board.Take("b", s_start.AddMinutes(1))!;
        Assert.Equal(stale.Work.Key, again.Work.Key);
        Assert.Equal(ResultFate.Refused, Finish(board, stale));
        Assert.Equal(ResultFate.Accepted, Finish(board, again));
        Assert.Equal(ResultFate.Refused, Finish(board, again));
        Assert.Equal(2, board.Refused);
    }

    [Fact]
    public void Work_handed_back_is_given_again_at_once_lowest_first()
    {
        LeaseBoard board = Board();
        Lease first = board.Take("a", s_start)!, second = board.Take("a", s_start)!;
        Assert.True(board.Return(first.Work.Key, first.Epoch));
        Assert.False(board.Return(first.Work.Key, first.Epoch));
        Assert.Equal(first.Work.Key, board.Take("b", s_start)!.Work.Key);
        Assert.NotEqual(second.Work.Key, board.Take("b", s_start)!.Work.Key);
    }

    [Fact]
    public void No_more_is_given_than_the_ledger_may_run_ahead()
    {
        LeaseBoard board = Board(s_terms with { MaxAhead = 3 });
        Lease[] leases = [board.Take("a", s_start)!, board.Take("a", s_start)!, board.Take("a", s_start)!];
        Assert.Null(board.Take("a", s_start));
        Finish(board, leases[2]);
        Assert.Null(board.Take("a", s_start));
        Finish(board, leases[0]);
        Assert.NotNull(board.Take("a", s_start));
    }

    [Fact]
    public void What_waits_for_a_second_holder_that_never_comes_does_not_pile_up()
    {
        const int Shards = 1500;
        var board = new LeaseBoard(new CampaignPlan(Specs.Small(schedules: Shards * 4)), s_terms with { VerifyEvery = 1 });
        for (int i = 0; i < Shards; i++) Finish(board, board.Take("a", s_start)!);
        Assert.InRange(board.ToVerify, 1, 1024);
        // A second holder gets what is left, and what was let go was the oldest.
        Lease verification = board.Take("b", s_start)!;
        Assert.Equal(WorkKind.Verify, verification.Work.Kind);
        Assert.True(verification.Work.Shard.Index >= Shards - 1024);
    }

    [Fact]
    public void A_verification_handed_back_is_dropped_and_counts_as_nothing_given_again()
    {
        LeaseBoard board = Board(s_terms with { VerifyEvery = 1 });
        Finish(board, board.Take("a", s_start)!);
        Lease verification = board.Take("b", s_start)!;
        Assert.Equal(WorkKind.Verify, verification.Work.Kind);
        Assert.True(board.Return(verification.Work.Key, verification.Epoch));
        Assert.Equal((0, 0L), (board.ToVerify, board.Reissued));
        Assert.Equal(WorkKind.Explore, board.Take("b", s_start)!.Work.Kind);
        // One that only ran out of time waits for the next.
        Finish(board, board.Take("a", s_start)!);
        Lease late = board.Take("b", s_start)!;
        Assert.Equal(WorkKind.Verify, late.Work.Kind);
        board.Tick(s_start.AddMinutes(1));
        Assert.Equal(late.Work.Key, board.Take("b", s_start.AddMinutes(1))!.Work.Key);
        Assert.True(board.Reissued > 0);
    }

    [Fact]
    public void Closed_exploration_counts_what_is_under_way_and_begins_nothing()
    {
        LeaseBoard board = Board();
        Lease one = board.Take("a", s_start)!, two = board.Take("a", s_start)!;
        board.CloseExploration();
        Assert.Equal(CampaignPhase.Exploring, board.Phase);
        Assert.Null(board.Take("a", s_start));
        Finish(board, one);
        Assert.Equal(CampaignPhase.Exploring, board.Phase);
        Finish(board, two);
        Assert.NotEqual(CampaignPhase.Exploring, board.Phase);
        Assert.Equal(2, board.Tally.Prefix);
    }
}

public class LedgerAuditTests
{
    private static (CampaignPlan Plan, List<StoredShard> Lines, CampaignReport Report) Done()
    {
        CampaignSpec spec = Specs.Small(schedules: 40);
        var store = new MemoryStore();
        CampaignReport report = Specs.Run(spec, store, new FakeEngine()).Report!;
        return (new CampaignPlan(spec), [.. store.Shards()], report);
    }

    [Fact]
    public void A_whole_ledger_adds_up_to_the_report()
    {
        var (plan, lines, report) = Done();
        LedgerAudit audit = LedgerAudit.Of(plan, report.Shards, lines);
        Assert.True(audit.Balanced);
        Assert.Equal((report.Digest, report.Schedules, report.Steps, report.Shards), (audit.Digest, audit.Schedules, audit.Steps, audit.Executed));
    }

    [Fact]
    public void A_lost_a_doubled_and_a_foreign_line_are_counted()
    {
        var (plan, lines, report) = Done();
        Assert.Equal(1, LedgerAudit.Of(plan, report.Shards, lines.Skip(1)).Lost);
        Assert.Equal(1, LedgerAudit.Of(plan, report.Shards, lines.Append(lines[3])).Double);
        Assert.Equal(1, LedgerAudit.Of(plan, report.Shards, lines.Append(lines[3] with { Cell = 99 })).Foreign);
        Assert.Equal(1, LedgerAudit.Of(plan, report.Shards, lines.Append(lines[3] with { Record = lines[3].Record with { Schedules = 1 } })).Foreign);
        Assert.Equal(2, LedgerAudit.Of(plan, report.Shards - 2, lines).Beyond);
        StoredShard other = lines[3] with { Record = lines[3].Record with { Digest = 1 } };
        Assert.NotEqual(report.Digest, LedgerAudit.Of(plan, report.Shards, lines.Select((l, i) => i == 3 ? other : l)).Digest);
    }
}
