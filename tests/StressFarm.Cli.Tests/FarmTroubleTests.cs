namespace StressFarm.Cli.Tests;

/// <summary>Ledgers that are wrong, farms that are not there, tokens that are not let in.</summary>
public sealed class FarmTroubleTests : IDisposable
{
    private const string Token = "sf_abcdefghijklmnop";
    private readonly FakeFarm _farm = new("workloads: mixed\nschedules: 40\n");
    private readonly Sandbox _sandbox = new();

    public void Dispose()
    {
        _farm.Dispose();
        _sandbox.Dispose();
    }

    private Result Run(params string[] args) => Sandbox.RunOnFarm(_farm.Address, ["farm", .. args]);

    public static TheoryData<string, string> Damages => new()
    {
        { "digest", "DIFFERENT" }, { "steps", "DIFFERENT" }, { "lost", "lost 1" }, { "double", "double 1" }, { "foreign", "foreign 1" }, { "seed", "foreign 1" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Verify_notices(string damage, string says)
    {
        LedgerLine line = _farm.Lines[0];
        switch (damage)
        {
            case "digest": _farm.Lines[0] = line with { Digest = line.Digest ^ 1 }; break;
            case "steps": _farm.Lines[0] = line with { Steps = line.Steps + 1 }; break;
            case "lost": _farm.Lines.Clear(); break;
            case "double": _farm.Lines.Add(line); break;
            case "foreign": _farm.Lines.Add(line with { Index = 99, Number = 99 }); break;
            case "seed": _farm.Lines[0] = line with { FirstSeed = line.FirstSeed + 1 }; break;
        }
        // Pages by index would hide a line that is there twice.
        _farm.Instead = asked => asked.Path.Contains("/ledger", StringComparison.Ordinal) ? Answer.Json(new LedgerPage(_farm.Status.Ledger, _farm.Lines, null), FarmJson.Default.LedgerPage) : null;
        Result result = Run("verify", _farm.Id, "--all");
        Assert.Equal(ExitCode.Fault, result.Code);
        Assert.Contains(says, result.Out);
        Assert.NotEmpty(result.Error);
    }

    [Fact]
    public void A_ledger_and_a_report_that_agree_on_a_wrong_digest_are_found_out_by_running_again()
    {
        LedgerLine line = _farm.Lines[0];
        _farm.Lines[0] = line with { Digest = line.Digest ^ 1 };
        CampaignReport forged = _farm.Report with
        {
            Digest = LedgerAudit.Of(new CampaignPlan(_farm.Order.Spec), 1,
                [new StoredShard(0, 0, new(line.Digest ^ 1, line.Schedules, line.Steps, [], [], 0, 0))]).Digest
        };
        _farm.Instead = asked => asked.Path.EndsWith("/report", StringComparison.Ordinal) ? new Answer(200, ReportWriter.Canonical(forged)) : null;
        Assert.Equal(ExitCode.Done, Run("verify", _farm.Id, "--sample", "0").Code);
        Result result = Run("verify", _farm.Id);
        Assert.Equal(ExitCode.Fault, result.Code);
        Assert.Contains($"shard 0 (seeds {line.FirstSeed} to {line.FirstSeed + (ulong)line.Count - 1}, by silo-1)", Assert.Single(result.ErrorLines));
    }

    [Fact]
    public void Another_model_versions_campaign_is_not_verified()
    {
        _farm.Spec = "workloads: mixed\nschedules: 41\n";
        AssertFault(Run("verify", _farm.Id), "another model version");
    }

    [Fact]
    public void A_stream_that_breaks_is_taken_up_again()
    {
        int streams = 0;
        _farm.Status = _farm.Status with { State = "running" };
        _farm.Instead = asked =>
        {
            if (!asked.Path.EndsWith("/watch", StringComparison.Ordinal)) return null;
            streams++;
            if (streams == 1) return Answer.No(503, "the farm does not answer");
            if (streams == 2) return Answer.Text("event: status\ndata: {", "text/event-stream");
            CampaignStatus end = _farm.Status with { State = "done" };
            return Answer.Text($"event: end\ndata: {FakeFarm.StatusText(end)}\n\n", "text/event-stream");
        };
        Assert.Equal(ExitCode.Done, Run("watch", _farm.Id).Code);
        Assert.Equal(3, streams);
    }

    [Theory]
    [InlineData("cancelled", ExitCode.Inconclusive, "was cancelled: enough")]
    [InlineData("failed", ExitCode.Fault, "failed: enough")]
    public void A_campaign_that_ends_without_a_report(string state, int code, string says)
    {
        _farm.Status = _farm.Status with { State = state, Reason = "enough" };
        Result result = Run("watch", _farm.Id);
        Assert.Equal(code, result.Code);
        Assert.Contains(says, result.ErrorLines[^1]);
    }

    [Fact]
    public void Defects_end_with_3()
    {
        _farm.Status = _farm.Status with { Defects = ["shard 0 gave two digests"] };
        Result result = Run("watch", _farm.Id);
        Assert.Equal(ExitCode.Fault, result.Code);
        Assert.Contains("shard 0 gave two digests", result.Error);
        Assert.Equal(ExitCode.Fault, Run("status", _farm.Id).Code);
    }

    [Theory]
    [InlineData(401, "a token is needed")]
    [InlineData(403, "this needs the role admin")]
    [InlineData(404, "there is no campaign")]
    [InlineData(409, "no report yet")]
    [InlineData(500, "internal error")]
    public void A_refusal_is_one_line(int status, string why)
    {
        _farm.Instead = _ => Answer.No(status, why);
        foreach (string[] args in (string[][])[["status", _farm.Id], ["watch", _farm.Id], ["report", _farm.Id], ["cancel", _farm.Id], ["verify", _farm.Id], ["submit"], ["silos"]])
            AssertFault(Run(args), why);
    }

    [Fact]
    public void What_may_be_asked_again_is()
    {
        int refusals = 2;
        _farm.Instead = _ => refusals-- > 0 ? Answer.No(refusals == 1 ? 429 : 503, "later", "Retry-After: 0\r\n") : null;
        Assert.Equal(ExitCode.Done, Run("submit", "--workload", "mixed").Code);
        Assert.Equal(3, _farm.Requests.Count);
        _farm.Hangups = 2;
        Assert.Equal(ExitCode.Done, Run("list").Code);
        Assert.Equal(6, _farm.Requests.Count);
        // A cancellation is not: it may have come through.
        refusals = 1;
        AssertFault(Run("cancel", _farm.Id), "later");
        Assert.Equal(7, _farm.Requests.Count);
        refusals = int.MaxValue;
        AssertFault(Run("list"), "later");
    }

    [Fact]
    public void A_bad_spec_by_the_farms_word_is_64_and_one_by_ours_is_not_even_sent()
    {
        Assert.Equal(ExitCode.Usage, Run("submit", "--policy", "nonsense").Code);
        Assert.Equal(ExitCode.Usage, Run("submit", "--out", _sandbox["x"]).Code);
        Assert.Empty(_farm.Requests);
        _farm.Instead = _ => Answer.No(400, "campaign:1: too much");
        Assert.Equal(ExitCode.Usage, Run("submit").Code);
    }

    [Theory]
    [InlineData("status", "no argument")]
    [InlineData("status nonsense", "nonsense")]
    [InlineData("watch C-12345", "C-12345")]
    [InlineData("watch ../../etc/passwd", "etc/passwd")]
    [InlineData("findings C-000000000000 F-xyz", "F-xyz")]
    [InlineData("verify C-000000000000 --all --sample 3", "--all")]
    [InlineData("verify C-000000000000 --sample -1", "--sample")]
    [InlineData("ledger C-000000000000 --limit 0", "--limit")]
    [InlineData("list --format xml", "xml")]
    [InlineData("list --farm nonsense", "nonsense")]
    [InlineData("list --farm ftp://x", "--farm")]
    [InlineData("list --farm http://user:pass@127.0.0.1", "user")]
    [InlineData("list --farm http://127.0.0.1/?token=x", "query")]
    [InlineData("list --token-file /nowhere/token", "--token-file")]
    [InlineData("list --token abc", "--token")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("", "command")]
    public void Bad_usage(string line, string names)
    {
        Result result = Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ExitCode.Usage, result.Code);
        string complaint = Assert.Single(result.ErrorLines);
        Assert.DoesNotContain("Exception", complaint);
        if (names != "no argument") Assert.Contains(names, complaint);
        Assert.Empty(_farm.Requests);
    }

    [Fact]
    public void No_farm_no_tls_and_something_else_altogether()
    {
        AssertFault(Run("list", "--farm", "http://127.0.0.1:1"), "cannot be reached");
        AssertFault(Run("list", "--farm", _farm.Address.Replace("http:", "https:", StringComparison.Ordinal)), "");
        _farm.Instead = _ => Answer.Text("<html>welcome</html>", "text/html");
        AssertFault(Run("list"), "is the address right?");
        _farm.Instead = _ => new Answer(302, [], "text/html", "Location: http://127.0.0.1:1/\r\n");
        AssertFault(Run("list"), "302");
    }

    [Fact]
    public void The_token_comes_from_a_file_or_the_environment_and_shows_nowhere()
    {
        File.WriteAllText(_sandbox["token"], $"  {Token}\n");
        Result ok = Run("list", "--token-file", _sandbox["token"]);
        Assert.Equal($"Bearer {Token}", _farm.Requests[^1].Token);
        Result variable = Sandbox.RunOnFarm(_farm.Address, ["farm", "list"], Token);
        Assert.Equal($"Bearer {Token}", _farm.Requests[^1].Token);
        _farm.Instead = _ => Answer.No(401, "this token is not let in");
        Result refused = Run("list", "--token-file", _sandbox["token"]);
        AssertFault(refused, "this token is not let in");
        foreach (Result r in (Result[])[ok, variable, refused]) Assert.DoesNotContain(Token, r.Out + r.Error);
        Assert.All(_farm.Requests, r => Assert.DoesNotContain(Token, r.Path + r.Body));
        File.WriteAllText(_sandbox["token"], "two words");
        Result bad = Run("list", "--token-file", _sandbox["token"]);
        Assert.Equal(ExitCode.Usage, bad.Code);
        Assert.DoesNotContain("two words", bad.Error);
    }

    private static void AssertFault(Result result, string says)
    {
        Assert.Equal(ExitCode.Fault, result.Code);
        string line = result.ErrorLines[^1];
        Assert.StartsWith("stressfarm: ", line);
        Assert.Contains(says, line);
        Assert.DoesNotContain("Exception", line);
        Assert.DoesNotContain("   at ", result.Error);
    }
}
