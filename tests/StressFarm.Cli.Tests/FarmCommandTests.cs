using System.Text.Json;

namespace StressFarm.Cli.Tests;

public sealed class FarmCommandTests(FarmCommandTests.Shared shared) : IClassFixture<FarmCommandTests.Shared>
{
    /// <summary>The campaign is run once for all the tests that leave it alone.</summary>
    public sealed class Shared : IDisposable
    {
        internal FakeFarm Farm { get; } = new();
        internal Sandbox Sandbox { get; } = new();

        public void Dispose()
        {
            Farm.Dispose();
            Sandbox.Dispose();
        }
    }

    private readonly FakeFarm _farm = shared.Farm;
    private readonly Sandbox _sandbox = shared.Sandbox;

    private Result Run(params string[] args) => Sandbox.RunOnFarm(_farm.Address, ["farm", .. args]);

    [Fact]
    public void What_is_submitted_is_the_campaign_that_run_would_run()
    {
        Result result = Run("submit", "--policies", "control;cmp=rfc,dpm=free-core", "--workload", "mixed", "--cpus", "2", "--set", "ops=3", "--seed", "0x10", "--name", "Über night");
        Assert.Equal((ExitCode.Done, ""), (result.Code, result.Error));
        Asked asked = _farm.Requests.Last(r => r.Method == "POST");
        Assert.Equal("/api/v1/campaigns?name=%C3%9Cber%20night", asked.Path);
        CampaignSpec sent = SpecBuilder.Build(SpecFile.Parse(asked.Body, "sent"), new SpecDefaults(true, 5)).Spec;
        Assert.Equal((Defaults.RunSchedules, 16UL, 3, 2), (sent.Schedules!.Value, sent.FirstSeed, sent.Parameters["ops"], sent.Geometry.MaxCpus));
        Assert.Contains($"| farm submit | policies {string.Join(' ', sent.Policies.Select(p => p.Name))} | workloads mixed", result.Out);
        Assert.Contains($"| spec {sent.Hash[..12]}\ncampaign {CampaignEntry.IdOf(sent)}: entered\n", result.Out);
        Result json = Run("submit", "--workload", "mixed", "--format", "json");
        Assert.True(JsonDocument.Parse(json.Out).RootElement.GetProperty("created").GetBoolean());
    }

    [Fact]
    public void Canaries_are_shown_wherever_violations_are_counted()
    {
        Assert.Contains("\ncanaries:  1 of 1 caught\n", Run("status", _farm.Id).Out);
        Assert.Contains(" violated  canaries 1 of 1 caught  ", Run("list").Out);
        Result watched = Run("watch", _farm.Id);
        Assert.Contains("violated | canaries 1 of 1 caught", watched.Error);
        Assert.Contains("\ncanaries 1 of 1 caught: known-bugs 1 of 1.\n", watched.Out);
    }

    [Fact]
    public void A_canary_that_a_farm_missed_ends_every_look_at_the_campaign_with_3()
    {
        using var farm = new FakeFarm("workloads: gup-pin\nschedules: 16\npages: 1024\ncanaries: drill\n");
        foreach (string verb in (string[])["status", "watch", "verify"])
        {
            Result result = Sandbox.RunOnFarm(farm.Address, ["farm", verb, farm.Id]);
            Assert.Equal(ExitCode.Fault, result.Code);
            Assert.Contains("canary Z01 missed: the detector is blind (1 of 1 not caught)", result.Out + result.Error);
        }
    }

    [Fact]
    public void What_says_nothing_means_the_same_to_run_and_to_a_farm()
    {
        CampaignRequest request = SpecFile.Parse("workloads: mixed\n", "f");
        Assert.Equal(SpecBuilder.Build(request, Defaults.Run).Spec.Hash, SpecBuilder.Build(request, FarmDefaults.Spec).Spec.Hash);
        Assert.Same(FarmDefaults.Spec, Defaults.Run);
    }

    [Theory]
    [InlineData("--workload mixed --strategy feedback --generation 4 --schedules 9000 --shard 256", "run --workload mixed --strategy feedback --generation 4 --schedules 9000 --shard 256")]
    [InlineData("--workload mixed --soak", "soak --workload mixed")]
    [InlineData("--workload mixed --sections 3 --epochs 5 --schedules-per-epoch 16 --cpus 2", "soak --workload mixed --sections 3 --epochs 5 --schedules-per-epoch 16 --cpus 2")]
    [InlineData("FILE", "run FILE")]
    [InlineData("FILE --epochs 2", "soak FILE --epochs 2")]
    [InlineData("--programme PROGRAMME --policy spl=nofreeze", "run --programme PROGRAMME --policy spl=nofreeze")]
    public void Feedback_soaks_and_programmes_are_submitted_as_they_would_run(string submit, string run)
    {
        string file = _sandbox["sections.yaml"];
        File.WriteAllText(file, "workloads: gup-pin\npages: 1024\nsoak: {sections: 2, epochs: 3, schedules: 16}\n");
        string programme = Path.Combine(RepositoryRoot.Folder, "programmes", "gup-split.yaml");
        (submit, run) = (submit.Replace("PROGRAMME", programme, StringComparison.Ordinal), run.Replace("PROGRAMME", programme, StringComparison.Ordinal));
        Result result = Run(["submit", .. submit.Replace("FILE", file, StringComparison.Ordinal).Split(' ')]);
        Assert.Equal((ExitCode.Done, ""), (result.Code, result.Error));
        CampaignSpec sent = SpecBuilder.Build(SpecFile.Parse(_farm.Requests.Last(r => r.Method == "POST").Body, "sent"), FarmDefaults.Spec).Spec;
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Result embedded = Sandbox.Run(null, [.. run.Replace("FILE", file, StringComparison.Ordinal).Split(' '), "--out", _sandbox[Guid.NewGuid().ToString("n")]], stopped.Token);
        Assert.Contains($"| spec {sent.Hash[..12]}\n", embedded.Out);
        Assert.Contains($"campaign {CampaignEntry.IdOf(sent)}: entered", result.Out);
    }

    [Fact]
    public void A_violation_that_is_not_worked_up_yet_has_no_id_and_no_replay()
    {
        using var farm = new FakeFarm
        {
            Instead = asked => asked.Path.EndsWith("/findings", StringComparison.Ordinal)
                ? Answer.Json([new FindingSummary("", "RC-FREE|_refcount|zap|", "RC-FREE", "", "rfc-v1", "mixed", 77, 0, 3, "")], FarmJson.Default.IReadOnlyListFindingSummary) : null
        };
        Result result = Sandbox.RunOnFarm(farm.Address, ["farm", "findings", farm.Id]);
        Assert.Equal("-         RC-FREE|_refcount|zap|\n    rfc-v1 x mixed, seed 77; 3 schedules; not shrunk and explained yet\n", result.Out);
    }

    [Fact]
    public void A_finding_of_several_workloads_says_so()
    {
        FindingSummary finding = new("F-3f9c1a", "I12b + x", "I12b", "Wrong", "rfc-v1", "mixed", 77, 4, 3, "stressfarm replay x") { Workloads = ["gup-pin", "mixed"] };
        using var farm = new FakeFarm
        {
            Instead = asked => asked.Path.StartsWith("/api/v1/findings", StringComparison.Ordinal)
                ? Answer.Json([new FarmFinding("C-3f9c1a2b4d5e", "night", finding)], FarmJson.Default.IReadOnlyListFarmFinding) : null
        };
        Assert.Contains("; 3 schedules; seen in gup-pin, mixed\n", Sandbox.RunOnFarm(farm.Address, ["farm", "findings", "--workload", "gup-pin"]).Out);
    }

    [Fact]
    public void A_label_that_the_farm_does_not_know_is_a_mistake_in_the_command()
    {
        using var farm = new FakeFarm { Instead = _ => Answer.No(400, "unknown policy; there are control") };
        Result result = Sandbox.RunOnFarm(farm.Address, ["farm", "findings", "--policy", "contrl"]);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains("unknown policy; there are control", result.Error);
    }

    [Fact]
    public void Findings_of_all_campaigns_are_asked_for_by_label()
    {
        Result list = Run("findings", "--policy", "no-reinit", "--invariant", "I36", "--campaigns", "7");
        Assert.Equal("/api/v1/findings?campaigns=7&policy=no-reinit&invariant=I36", _farm.Requests[^1].Path);
        CampaignFinding found = _farm.Report.Findings[0];
        Assert.StartsWith($"{_farm.Id}  night\n{found.Finding.Id}  {found.Finding.Signature}\n", list.Out);
        Assert.Equal(_farm.Id, JsonDocument.Parse(Run("findings", "--format", "json").Out).RootElement[0].GetProperty("campaign").GetString());
        Assert.Equal("/api/v1/findings", _farm.Requests[^1].Path);
        Run("findings", "--workload", "mixed");
        Assert.Equal("/api/v1/findings?workload=mixed", _farm.Requests[^1].Path);
        foreach (string[] bad in (string[][])[["--campaigns", "0"], [_farm.Id, "--policy", "no-reinit"], ["F-3f9c1a"]]) Assert.Equal(ExitCode.Usage, Run(["findings", .. bad]).Code);
    }

    [Fact]
    public void Watching_ends_as_an_embedded_run_does()
    {
        Result watched = Run("watch", _farm.Id);
        File.WriteAllText(_sandbox["spec.yaml"], _farm.Spec);
        Result embedded = _sandbox.Run("run", _sandbox["spec.yaml"], "--out", _sandbox["embedded"]);
        Assert.Equal(ExitCode.Violation, embedded.Code);
        Assert.Equal(embedded.Code, watched.Code);
        string findings = embedded.Out[(embedded.Out.IndexOf('\n') + 1)..embedded.Out.IndexOf("\nreport: ", StringComparison.Ordinal)];
        string body = findings[..findings.LastIndexOf("\n2,", StringComparison.Ordinal)];
        Assert.StartsWith(body, watched.Out);
        Assert.Contains($"digest {DigestText.Hex(_farm.Report.Digest)}", watched.Out);
        Assert.Matches(@"\[90s\] 100%, done \| [\d.]+[kM]? steps, .* schedules, ", watched.Error);
        JsonElement json = JsonDocument.Parse(Run("watch", _farm.Id, "--format", "json").Out).RootElement;
        Assert.Equal(JsonDocument.Parse(_sandbox.Run("run", _sandbox["spec.yaml"], "--out", _sandbox["embedded"], "--format", "json").Out).RootElement.GetProperty("digest").GetString(),
            json.GetProperty("digest").GetString());
    }

    [Fact]
    public void Submitting_and_watching_in_one_go_writes_the_report()
    {
        File.WriteAllText(_sandbox["spec.yaml"], _farm.Spec);
        Result result = Run("submit", _sandbox["spec.yaml"], "--watch", "--out", _sandbox["from-farm"]);
        Assert.Equal(ExitCode.Violation, result.Code);
        Assert.Equal(ReportWriter.Canonical(_farm.Report), File.ReadAllBytes(Path.Combine(_sandbox["from-farm"], "report.json")));
    }

    [Fact]
    public void The_report_is_the_farms_byte_for_byte()
    {
        Result written = Run("report", _farm.Id, "--out", _sandbox["report"]);
        Assert.Equal(ExitCode.Done, written.Code);
        Assert.Equal(ReportWriter.Canonical(_farm.Report), File.ReadAllBytes(Path.Combine(_sandbox["report"], "report.json")));
        Assert.Equal(VerdictPage.Markdown(_farm.Report), File.ReadAllBytes(Path.Combine(_sandbox["report"], "report.md")));
        Assert.Equal(ReportWriter.CanonicalText(_farm.Report), Run("report", _farm.Id, "--format", "json").Out);
    }

    [Fact]
    public void A_finding_of_the_farm_replays_here()
    {
        Result list = Run("findings", _farm.Id);
        CampaignFinding found = _farm.Report.Findings[0];
        Assert.Contains($"{found.Finding.Id}  {found.Finding.Signature}\n", list.Out);
        Assert.Contains($"    replay:  {ReportWriter.ReplayCommand(found.Finding)}\n", list.Out);
        Result full = Run("findings", _farm.Id, found.Finding.Id);
        Assert.Equal(ExitCode.Done, full.Code);
        Assert.Contains("----- for a mail -----", full.Out);
        string replay = full.Out.Split('\n').First(l => l.StartsWith("replay:  stressfarm ", StringComparison.Ordinal))["replay:  stressfarm ".Length..];
        Assert.Equal(ExitCode.Violation, _sandbox.Run(replay.Split(' ')).Code);
    }

    [Fact]
    public void Status_list_ledger_silos_and_steering()
    {
        Result status = Run("status", _farm.Id);
        Assert.Contains($"{_farm.Id}  night\nstate:     done, done\n", status.Out);
        Assert.Contains($"ledger:    planned {_farm.Lines.Count}, executed {_farm.Lines.Count}, lost 0, double 0\n", status.Out);
        Assert.StartsWith($"{_farm.Id}  done      100%", Run("list").Out);
        Assert.StartsWith("silo-1  up        1 of 2 workers busy", Run("silos").Out);
        Result ledger = Run("ledger", _farm.Id, "--limit", "2");
        Assert.Equal(4, ledger.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.EndsWith("more from --from 2\n", ledger.Out);
        foreach (var (verb, state) in new[] { ("pause", "paused"), ("resume", "running"), ("cancel", "cancelled") })
            Assert.Contains($"state:     {state}", Run(verb, _farm.Id).Out);
        foreach (string[] args in (string[][])[["status", _farm.Id], ["list"], ["silos"], ["ledger", _farm.Id], ["findings", _farm.Id], ["pause", _farm.Id]])
            JsonDocument.Parse(Run([.. args, "--format", "json"]).Out);
    }

    [Fact]
    public void A_ledger_that_is_right_verifies()
    {
        Result all = Run("verify", _farm.Id, "--all");
        Assert.Equal((ExitCode.Done, ""), (all.Code, all.Error));
        int n = _farm.Lines.Count;
        Assert.StartsWith($"planned {n}, executed {n}, lost 0, double 0; re-executed {n} shards: {n} same\nthe ledger's digest {DigestText.Hex(_farm.Report.Digest)} is the report's\n", all.Out);
        Assert.Contains("re-executed 1 shard: 1 same", Run("verify", _farm.Id, "--sample", "1", "--seed", "7").Out);
        Assert.True(JsonDocument.Parse(Run("verify", _farm.Id, "--sample", "0", "--format", "json").Out).RootElement.GetProperty("right").GetBoolean());
    }
}
