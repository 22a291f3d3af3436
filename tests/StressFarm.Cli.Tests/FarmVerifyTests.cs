using System.Text.Json;

namespace StressFarm.Cli.Tests;

/// <summary>Campaigns whose parts build on each other, checked here; and each way in which a farm could have changed one.</summary>
public sealed class FarmVerifyTests
{
    private const string Soak = "policies: [control, no-reinit]\nworkloads: gup-pin\npages: 1024\nsoak: {sections: 2, epochs: 6, schedules: 16}\n";
    private const string Feedback = "workloads: mixed\nstrategy: feedback\ngeneration: 2\nschedules: 640\nshard: 64\npages: 1024\n";

    private static Result Verify(FakeFarm farm, params string[] more) => Sandbox.RunOnFarm(farm.Address, ["farm", "verify", farm.Id, .. more]);

    [Fact]
    public void A_soak_that_is_right_verifies()
    {
        using var farm = new FakeFarm(Soak);
        Result all = Verify(farm, "--all");
        Assert.Equal((ExitCode.Done, ""), (all.Code, all.Error));
        Assert.StartsWith("planned 24, executed 24, lost 0, double 0; re-executed 24 epochs: 24 same\n4 sections, 24 epochs: every link follows", all.Out);
        Assert.Contains($"{farm.Checkpoints.Count} checkpoints: each has its hash", all.Out);
        Assert.EndsWith("is the report's\n", all.Out);
        Assert.Contains("re-executed 3 epochs: 3 same", Verify(farm, "--sample", "3", "--seed", "5").Out);
        JsonElement json = JsonDocument.Parse(Verify(farm, "--sample", "0", "--format", "json").Out).RootElement;
        Assert.Equal((true, 4, 24, 0), (json.GetProperty("right").GetBoolean(), json.GetProperty("sections").GetInt32(), json.GetProperty("epochs").GetInt32(), json.GetProperty("reexecuted").GetInt32()));
    }

    [Fact]
    public void A_soak_that_goes_on_verifies_as_far_as_its_ledger_went()
    {
        using var farm = new FakeFarm(Soak);
        farm.Status = farm.Status with { State = "running" };
        // The last epoch of the first cell came in after the ledger was fetched, and its checkpoint replaced an older one.
        int last = farm.Lines.FindLastIndex(l => l.Cell == 0);
        long number = farm.Lines[last].Number;
        farm.Lines.RemoveAt(last);
        farm.Checkpoints.RemoveAll(c => c.Cell == 0 && c.Checkpoint.Epoch == number - 1);
        Result result = Verify(farm);
        Assert.Equal((ExitCode.Done, ""), (result.Code, result.Error));
        Assert.Contains("4 sections, 23 epochs", result.Out);
        Assert.Contains("not done", result.Out);
    }

    public static TheoryData<string, string> SoakDamages => new()
    {
        { "digest", "not what its line of the ledger says" },
        { "findings", "epoch 2: its link does not follow" },
        { "link", "epoch 2: its link does not follow" },
        { "chain", "epoch 2: its link does not follow" },
        { "state", "epoch 5: the state of its checkpoint" },
        { "hash", "epoch 5: the state of its checkpoint" },
        { "missing", "its record is missing" },
        { "missing everywhere", "epoch 2: it is missing" },
        { "end", "the report counts it" },
        { "checkpoint", "epoch 5: its checkpoint is missing" },
        { "swapped", "does not follow" },
        { "forged", "run once more it" },
    };

    [Theory]
    [MemberData(nameof(SoakDamages))]
    public void A_soak_that_was_changed_is_found_out(string damage, string says)
    {
        using var farm = new FakeFarm(Soak);
        var plan = new CampaignPlan(farm.Order.Spec);
        int at = farm.Records.FindIndex(r => r.Shard is { Cell: 1, Number: 2 }), mark = farm.Checkpoints.FindIndex(c => c is { Cell: 1, Checkpoint.Epoch: 5 });
        RecordLine record = farm.Records[at];
        Checkpoint checkpoint = farm.Checkpoints[mark].Checkpoint;
        void Put(ShardRecord changed) => farm.Records[at] = record with { Shard = record.Shard with { Record = changed } };
        switch (damage)
        {
            case "digest": Put(record.Shard.Record with { Digest = record.Shard.Record.Digest ^ 1 }); break;
            case "findings": Put(record.Shard.Record with { Findings = [new RawFinding("I", "f", "a", "b", 1, 1)] }); break;
            case "link": Put(record.Shard.Record with { Link = record.Shard.Record.Link! with { StateHash = new string('0', 64) } }); break;
            case "chain": Put(record.Shard.Record with { Link = record.Shard.Record.Link! with { Chain = new string('0', 64) } }); break;
            case "state": farm.Checkpoints[mark] = (1, checkpoint with { State = [.. checkpoint.State[..^9], (byte)(checkpoint.State[^9] ^ 1), .. checkpoint.State[^8..]] }); break;
            case "hash": farm.Checkpoints[mark] = (1, checkpoint with { StateHash = new string('0', 64) }); break;
            case "missing": farm.Records.RemoveAt(at); break;
            case "missing everywhere":
                farm.Records.RemoveAt(at);
                farm.Lines.RemoveAt(at);
                break;
            case "end":
                farm.Records.RemoveAll(r => r.Shard is { Cell: 1, Number: 5 });
                farm.Lines.RemoveAll(l => l is { Cell: 1, Number: 5 });
                break;
            case "checkpoint": farm.Checkpoints.RemoveAt(mark); break;
            case "swapped":
                int other = farm.Records.FindIndex(r => r.Shard is { Cell: 1, Number: 3 });
                (ShardRecord a, ShardRecord b) = (record.Shard.Record, farm.Records[other].Shard.Record);
                (LedgerLine la, LedgerLine lb) = (farm.Lines[at], farm.Lines[other]);
                Put(b);
                farm.Records[other] = farm.Records[other] with { Shard = farm.Records[other].Shard with { Record = a } };
                farm.Lines[at] = la with { Digest = lb.Digest, Steps = lb.Steps };
                farm.Lines[other] = lb with { Digest = la.Digest, Steps = la.Steps };
                break;
            case "forged": Forge(farm, plan); break;
        }
        Result result = Verify(farm, "--all");
        Assert.Equal(ExitCode.Fault, result.Code);
        Assert.Contains(result.ErrorLines, line => line.Contains(says, StringComparison.Ordinal) && line.Contains(damage is "digest" or "missing" ? "shard 9:" : "section 1", StringComparison.Ordinal));
        Assert.Contains("the chains do NOT hold", result.Out);
    }

    /// <summary>Other findings in an epoch, every link after it made anew, and the report with them: only running it again shows that.</summary>
    private static void Forge(FakeFarm farm, CampaignPlan plan)
    {
        string chain = SoakChain.Root;
        for (int i = 0; i < farm.Records.Count; i++)
        {
            StoredShard shard = farm.Records[i].Shard;
            if (shard.Cell != 1) continue;
            ShardRecord changed = shard.Number == 2 ? shard.Record with { Findings = [new RawFinding("I", "f", "a", "b", 1, 1)] } : shard.Record;
            chain = SoakChain.Link(chain, plan.Cells[1].Section!, shard.Number, changed, changed.Link!.StateHash);
            farm.Records[i] = farm.Records[i] with { Shard = shard with { Record = changed with { Link = changed.Link with { Chain = chain } } } };
            int mark = farm.Checkpoints.FindIndex(c => c.Cell == 1 && c.Checkpoint.Epoch == shard.Number);
            if (mark >= 0) farm.Checkpoints[mark] = (1, farm.Checkpoints[mark].Checkpoint with { Chain = chain });
        }
        CampaignReport report = farm.Report with { Cells = [.. farm.Report.Cells.Select((c, i) => i == 1 ? c with { Soak = c.Soak! with { Chain = chain } } : c)] };
        farm.Instead = asked => asked.Path.EndsWith("/report", StringComparison.Ordinal) ? new Answer(200, ReportWriter.Canonical(report)) : null;
        Assert.Equal(ExitCode.Done, Verify(farm, "--sample", "0").Code);
    }

    [Fact]
    public void A_feedback_campaign_that_is_right_verifies()
    {
        using var farm = new FakeFarm(Feedback);
        Assert.Contains(farm.Report.Cells, c => c.Timelines is { Species: > 0 });
        Result all = Verify(farm, "--all");
        Assert.Equal((ExitCode.Done, ""), (all.Code, all.Error));
        Assert.StartsWith("planned 10, executed 10, lost 0, double 0; re-executed 10 shards: 10 same\nwhat the generations knew was rebuilt from 10 records\n", all.Out);
        Assert.Contains("re-executed 2 shards: 2 same", Verify(farm, "--sample", "2", "--workers", "1").Out);
        farm.Status = farm.Status with { State = "running" };
        Assert.Equal(ExitCode.Done, Verify(farm, "--all").Code);
    }

    public static TheoryData<string, string> FeedbackDamages => new()
    {
        { "taught", "its record is another one here" }, { "taught before", "here it is" }, { "digest", "DIFFERENT" }, { "missing", "record is missing" },
        { "none", "its record is none" }, { "nonsense", "record" }, { "species", "the report counts something else" }, { "circles", "circles" },
    };

    [Theory]
    [MemberData(nameof(FeedbackDamages))]
    public void A_feedback_campaign_that_was_changed_is_found_out(string damage, string says)
    {
        using var farm = new FakeFarm(Feedback);
        RecordLine first = farm.Records[1];
        ShardRecord record = first.Shard.Record;
        void Put(ShardRecord changed) => farm.Records[1] = first with { Shard = first.Shard with { Record = changed } };
        ShardFeedback learnt = record.Feedback!;
        switch (damage)
        {
            case "taught" or "taught before": Put(record with { Feedback = new(learnt.Arms, []) }); break;
            case "digest":
                Put(record with { Digest = record.Digest ^ 1 });
                farm.Lines[1] = farm.Lines[1] with { Digest = record.Digest ^ 1 };
                break;
            case "missing": farm.Records.RemoveAt(1); break;
            case "none": Put(null!); break;
            case "nonsense": Put(record with { Feedback = new([.. learnt.Arms.Select(a => a with { Species = null! })], null!) }); break;
            case "species":
                CampaignReport report = farm.Report with { Cells = [.. farm.Report.Cells.Select(c => c with { Timelines = c.Timelines! with { Species = c.Timelines.Species + 1 } })] };
                farm.Instead = asked => asked.Path.EndsWith("/report", StringComparison.Ordinal) ? new Answer(200, ReportWriter.Canonical(report)) : null;
                break;
            case "circles": farm.Instead = asked => asked.Path.Contains("/records", StringComparison.Ordinal) ? Answer.Json(new RecordPage([], 0), FarmJson.Default.RecordPage) : null; break;
        }
        Result result = Verify(farm, "--all");
        Assert.Equal(ExitCode.Fault, result.Code);
        Assert.Contains(says, result.Out + result.Error);
        Assert.DoesNotContain("internal error", result.Error);
        Assert.DoesNotContain("NullReference", result.Error);
    }
}
