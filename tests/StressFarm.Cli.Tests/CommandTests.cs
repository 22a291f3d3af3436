using System.Text.Json;

namespace StressFarm.Cli.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    private string Out => _sandbox["out"];

    /// <summary>A design that is violated within a few schedules.</summary>
    private string[] Violating => ["run", "--policy", "no-reinit", "--workload", "device-private-reinit", "--schedules", "40", "--workers", "2", "--out", Out];
    private string[] Clean => ["run", "--workload", "mixed", "--schedules", "60", "--out", Out];

    [Fact]
    public void A_clean_run_ends_with_0_and_states_its_bound()
    {
        Result result = _sandbox.Run(Clean);
        Assert.Equal((ExitCode.Done, true), (result.Code, result.Out.Contains("clean within this bound")));
        Assert.Contains("(95 %)", result.Out);
        string first = result.Out.Split('\n')[0];
        foreach (string part in (string[])[BuildInfo.Build, $"model {ModelVersion.Current}", "control", "mixed", "portfolio", "seed 1", "60 schedules per cell", "32768 pages"])
            Assert.Contains(part, first);
        Assert.True(File.Exists(Path.Combine(Out, "report.json")));
        Assert.True(File.Exists(Path.Combine(Out, "timings.json")));
    }

    [Fact]
    public void A_violation_ends_with_1_and_is_shown_in_full()
    {
        Result result = _sandbox.Run(Violating);
        Assert.Equal(ExitCode.Violation, result.Code);
        Assert.Contains("violated", result.Out);
        Assert.Contains("replay:  stressfarm replay ", result.Out);
        Assert.Contains("reliability: 10/10", result.Out);
        Assert.Contains("CPU0", result.Out);
    }

    [Fact]
    public void Json_stands_alone_on_standard_output_and_has_the_fields_promised()
    {
        Result result = _sandbox.Run([.. Violating, "--format", "json"]);
        Assert.Equal(ExitCode.Violation, result.Code);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        JsonElement root = json.RootElement;
        Assert.Equal(["build", "modelVersion", "seed", "digest", "steps", "schedules", "canaries", "elapsedSeconds", "cells", "findings"],
            root.EnumerateObject().Select(p => p.Name));
        JsonElement cell = Assert.Single(root.GetProperty("cells").EnumerateArray());
        Assert.Equal(["policy", "workload", "strategy", "verdict", "schedules", "steps"], cell.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("no-reinit", "violated", 40), (cell.GetProperty("policy").GetString(), cell.GetProperty("verdict").GetString(), cell.GetProperty("schedules").GetInt32()));
        Assert.Equal(root.GetProperty("steps").GetInt64(), cell.GetProperty("steps").GetInt64());
        JsonElement finding = root.GetProperty("findings")[0];
        Assert.Equal(["id", "signature", "invariant", "field", "policy", "workload", "seed", "length", "replay"], finding.EnumerateObject().Select(p => p.Name));
        Assert.StartsWith("stressfarm replay ", finding.GetProperty("replay").GetString());
        Assert.Contains("stressfarm ", result.Error);
    }

    [Theory]
    [InlineData("run --workload gup-pin --schedules 64")]
    [InlineData("compare --workloads gup-pin --policies control,rfc-gup-fail --schedules 64")]
    [InlineData("soak --workload gup-pin --sections 1 --epochs 2 --schedules-per-epoch 16")]
    public void Canaries_stand_beside_the_verdicts_and_a_drill_that_misses_them_ends_with_3(string line)
    {
        string[] args = [.. line.Split(' '), "--pages", "1024"];
        Result sound = _sandbox.Run([.. args, "--out", Out]);
        Assert.NotEqual(ExitCode.Fault, sound.Code);
        Assert.Contains("\ncanaries 1 of 1 caught: known-bugs 1 of 1.\n", sound.Out);
        Assert.Contains("violated | canaries 1 of 1 caught", sound.Error);

        Result drill = _sandbox.Run([.. args, "--canaries", "drill", "--out", _sandbox["drill"]]);
        Assert.Equal(ExitCode.Fault, drill.Code);
        Assert.Contains("| canary drill |", drill.Out);
        Assert.Contains("canaries 0 of 1 caught: known-bugs 0 of 1. THE DETECTOR IS BLIND to Z01: trust no verdict here.", drill.Out);
        Assert.Contains("stressfarm: canary Z01 missed: the detector is blind (1 of 1 not caught)", drill.Error);

        Result json = _sandbox.Run([.. args, "--canaries", "drill", "--format", "json", "--out", _sandbox["drill"]]);
        Assert.Equal(ExitCode.Fault, json.Code);
        using JsonDocument document = JsonDocument.Parse(json.Out);
        JsonElement canaries = document.RootElement.GetProperty("canaries");
        Assert.Equal((1, 0), (canaries.GetProperty("planted").GetInt32(), canaries.GetProperty("caught").GetInt32()));
    }

    [Fact]
    public void The_report_is_the_same_with_any_number_of_workers_and_names_no_time_nor_place()
    {
        string[] args = [.. Violating.Take(Violating.Length - 4), "--set", "cpus=2"];
        var reports = new List<byte[]>();
        foreach (string workers in (string[])["1", "2", "4"])
        {
            string folder = _sandbox["w" + workers];
            Assert.Equal(ExitCode.Violation, _sandbox.Run([.. args, "--workers", workers, "--out", folder]).Code);
            reports.Add(File.ReadAllBytes(Path.Combine(folder, "report.json")));
        }
        Assert.Equal(reports[0], reports[1]);
        Assert.Equal(reports[0], reports[2]);
        string text = System.Text.Encoding.UTF8.GetString(reports[0]);
        foreach (string never in (string[])[_sandbox.Folder, "seconds", "elapsed", "worker", Environment.MachineName, "\r"])
            Assert.DoesNotContain(never, text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("run --workload mixed --schedules 20")]
    [InlineData("run --policy rfc-v1 --policy cmp=rfc,checks=0 --workloads driver-mmap,mixed --strategy pos --schedules 20 --seed 7 --cpus 2 --pages 4096 --set ops=2")]
    [InlineData("run --bug Z06 --schedules 20 --set cpus=3")]
    [InlineData("run --bug Z41 --policy zflags=clear --workload mixed --schedules 20")]
    [InlineData("run --workload mixed --cpus 8 --steps 1000 --set ops=2")]
    [InlineData("compare --workloads mixed --schedules 2")]
    public void The_page_names_the_command_that_gives_it(string line)
    {
        string other = _sandbox["other"];
        _sandbox.Run([.. line.Split(' '), "--out", Out]);
        string page = File.ReadAllText(Path.Combine(Out, "report.md"));
        string[] named = System.Text.RegularExpressions.Regex.Match(page, "Generated by `stressfarm ([^`]*)`").Groups[1].Value.Split(' ');
        Assert.Equal(line.Split(' ')[0], named[0]);
        _sandbox.Run([.. named, "--out", other]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Out, "report.json")), File.ReadAllBytes(Path.Combine(other, "report.json")));
    }

    [Theory]
    [InlineData(40, false)]
    [InlineData(48, false)]
    [InlineData(55, true)]
    [InlineData(80, true)]
    public void A_matrix_that_does_not_fit_is_a_line_per_cell_and_no_word_is_broken(int width, bool matrix)
    {
        string[] args = ["compare", "--policies", "control,no-reinit", "--workloads", "device-private-reinit,mixed", "--schedules", "40", "--out", Out];
        Result result = Sandbox.Run(null, args, width: width);
        string[] table = result.Out.Split('\n')[1..10];
        Assert.Equal(matrix, result.Out.Contains("Each entry:", StringComparison.Ordinal));
        Assert.Matches(@"violated +(40 .* )?F-[0-9a-f]{6}( |\n)", result.Out);
        Assert.Contains(table, line => line.Contains("device-private-reinit", StringComparison.Ordinal));
        if (matrix) Assert.All(table.TakeWhile(line => !line.StartsWith("Each", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, width));
    }

    [Fact]
    public void Compare_says_where_to_look_a_finding_up()
    {
        Result result = _sandbox.Run("compare", "--policies", "control,no-reinit", "--workloads", "device-private-reinit", "--schedules", "40", "--out", Out);
        string hint = System.Text.RegularExpressions.Regex.Match(result.Out, "'stressfarm (explain [^']*)'").Groups[1].Value;
        Assert.EndsWith($" --out {Out}", hint, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, _sandbox.Run(hint.Split(' ')).Code);
    }

    [Fact]
    public void Replay_and_explain_find_a_finding_by_its_id_and_by_its_token()
    {
        using JsonDocument json = JsonDocument.Parse(_sandbox.Run([.. Violating, "--format", "json"]).Out);
        JsonElement finding = json.RootElement.GetProperty("findings")[0];
        string id = finding.GetProperty("id").GetString()!, token = finding.GetProperty("replay").GetString()!.Split(' ')[2];
        Assert.DoesNotContain(token, c => char.IsWhiteSpace(c) || c is '\'' or '"');

        foreach (string what in (string[])[id, token])
        {
            Result replay = _sandbox.Run("replay", what, "--out", Out);
            Assert.Equal(ExitCode.Violation, replay.Code);
            Assert.Contains("The violation recurs.", replay.Out);
            Result explain = _sandbox.Run("explain", what, "--out", Out);
            Assert.Equal(ExitCode.Done, explain.Code);
            Assert.Contains(finding.GetProperty("signature").GetString()!, explain.Out);
            string mail = explain.Out.Split("----- for a mail -----")[1];
            Assert.All(mail.Split('\n').Where(line => !line.Contains("stressfarm replay", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, 74));
            Assert.Contains("CPU0", explain.Out);
            Assert.Contains("stressfarm replay " + token, explain.Out);
        }
        Result asJson = _sandbox.Run("replay", token, "--format", "json");
        using JsonDocument replayed = JsonDocument.Parse(asJson.Out);
        Assert.True(replayed.RootElement.GetProperty("recurred").GetBoolean());
        Assert.Equal(finding.GetProperty("signature").GetString(), replayed.RootElement.GetProperty("finding").GetProperty("signature").GetString());
    }

    [Fact]
    public void A_token_with_any_letter_changed_is_refused()
    {
        using JsonDocument json = JsonDocument.Parse(_sandbox.Run([.. Violating, "--format", "json"]).Out);
        string token = json.RootElement.GetProperty("findings")[0].GetProperty("replay").GetString()!.Split(' ')[2];
        for (int i = 0; i < token.Length; i += Math.Max(1, token.Length / 25))
        {
            string bad = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Result result = _sandbox.Run("replay", bad);
            Assert.Equal(ExitCode.Usage, result.Code);
            Assert.Single(result.ErrorLines);
        }
        Assert.Equal(ExitCode.Usage, _sandbox.Run("replay", token[..(token.Length / 2)]).Code);
    }

    [Fact]
    public void Compare_ends_with_0_when_every_verdict_was_reached_and_with_1_only_if_asked()
    {
        string[] args = ["compare", "--policies", "control,no-reinit", "--workloads", "device-private-reinit,mixed", "--schedules", "40", "--out", Out];
        Result result = _sandbox.Run(args);
        Assert.Equal(ExitCode.Done, result.Code);
        Assert.Contains("violated", result.Out);
        Assert.Contains("clean", result.Out);
        Assert.Contains("Clean is within a bound", result.Out);
        Assert.Equal(ExitCode.Violation, _sandbox.Run([.. args, "--fail-on", "violation"]).Code);
        using JsonDocument json = JsonDocument.Parse(_sandbox.Run([.. args, "--format", "json"]).Out);
        Assert.Equal(["control", "control", "no-reinit", "no-reinit"], json.RootElement.GetProperty("cells").EnumerateArray().Select(c => c.GetProperty("policy").GetString()));
    }

    [Fact]
    public void Nothing_is_coloured_and_nothing_is_rewritten_when_piped()
    {
        Result result = _sandbox.Run(Violating);
        Assert.DoesNotContain('\u001b', result.Out);
        Assert.DoesNotContain('\u001b', result.Error);
        Assert.DoesNotContain('\r', result.Error);
        Assert.Contains("steps/s", result.Error);
    }

    [Fact]
    public void A_known_bug_is_planted_in_control_under_its_own_workload()
    {
        KnownBug bug = Catalog<KnownBug>.Find("Z41")!;
        Result result = _sandbox.Run("run", "--bug", "Z41", "--schedules", "40", "--format", "json", "--out", Out);
        Assert.Equal(ExitCode.Violation, result.Code);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        JsonElement cell = Assert.Single(json.RootElement.GetProperty("cells").EnumerateArray());
        Assert.Equal(("no-reinit", bug.Workload), (cell.GetProperty("policy").GetString(), cell.GetProperty("workload").GetString()));
        Assert.Contains(json.RootElement.GetProperty("findings").EnumerateArray(), f => bug.Invariants.Contains(f.GetProperty("invariant").GetString()));
    }

    [Fact]
    public void An_interrupted_run_ends_with_2_says_how_to_resume_and_resumes()
    {
        using var interrupt = new CancellationTokenSource();
        string[] args = ["run", "--workload", "mixed", "--schedules", "3000", "--workers", "1", "--out", Out];
        Result stopped = Sandbox.Run(geometry => new Interrupting(geometry, interrupt, after: 1), args, interrupt.Token);
        Assert.Equal(ExitCode.Inconclusive, stopped.Code);
        Assert.Contains("the same command resumes", stopped.ErrorLines[^1]);
        Result resumed = _sandbox.Run(args);
        Assert.Equal(ExitCode.Done, resumed.Code);
        Assert.Contains("1 shard was in the ledger already", resumed.Out);
        string other = _sandbox["other"];
        Assert.Equal(ExitCode.Done, _sandbox.Run([.. args.SkipLast(1), other]).Code);
        Assert.Equal(File.ReadAllBytes(Path.Combine(other, "report.json")), File.ReadAllBytes(Path.Combine(Out, "report.json")));
    }

    [Theory]
    [InlineData("--cpus", "1")]
    [InlineData("--cpus", "8")]
    [InlineData("--pages", "32")]
    public void The_smallest_and_the_largest_machine_run_every_workload(string option, string value)
    {
        Result result = _sandbox.Run("run", "--workloads", "all", option, value, "--schedules", "20", "--format", "json", "--out", Out);
        Assert.Equal(ExitCode.Done, result.Code);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        Assert.Equal(Catalog<Workload>.All.Count(), json.RootElement.GetProperty("cells").GetArrayLength());
    }

    [Fact]
    public void A_failing_model_is_3_with_one_line_naming_cell_and_seed()
    {
        Result result = Sandbox.Run(_ => new Failing(), ["run", "--workload", "mixed", "--schedules", "10", "--seed", "7", "--out", Out]);
        Assert.Equal(ExitCode.Fault, result.Code);
        string line = result.ErrorLines[^1];
        Assert.StartsWith("stressfarm: the model failed: control", line);
        Assert.Contains("mixed", line);
        Assert.Contains("seed 9", line);
    }

    [Fact]
    public void A_shard_with_another_digest_than_the_ledgers_is_3()
    {
        string[] args = ["run", "--workload", "mixed", "--schedules", "10", "--out", Out];
        Result result = Sandbox.Run(geometry => new Meddling(geometry, Out), args);
        Assert.Equal(ExitCode.Fault, result.Code);
        Assert.Contains("gave another digest than the one in the ledger", result.ErrorLines[^1]);
    }

    [Fact]
    public void A_step_budget_takes_whole_shards_until_the_sum_is_reached()
    {
        Result result = _sandbox.Run("run", "--workload", "mixed", "--set", "ops=2", "--steps", "400000", "--format", "json", "--out", Out);
        Assert.Equal(ExitCode.Done, result.Code);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        long steps = json.RootElement.GetProperty("steps").GetInt64(), schedules = json.RootElement.GetProperty("schedules").GetInt64();
        Assert.True(steps >= 400_000);
        Assert.Equal(0, schedules % CampaignSpec.DefaultShardSchedules);
        Result bounded = _sandbox.Run("run", "--workload", "mixed", "--set", "ops=2", "--schedules", $"{schedules}", "--format", "json", "--out", _sandbox["bounded"]);
        using JsonDocument same = JsonDocument.Parse(bounded.Out);
        Assert.Equal(json.RootElement.GetProperty("digest").GetString(), same.RootElement.GetProperty("digest").GetString());
    }

    [Fact]
    public void A_time_budget_that_ends_before_the_schedules_is_inconclusive()
    {
        Result result = _sandbox.Run("run", "--workload", "mixed", "--schedules", "1000000000", "--for", "0.01s", "--workers", "1", "--out", Out);
        Assert.Equal(ExitCode.Inconclusive, result.Code);
        Assert.Contains("inconclusive", result.Out);
    }

    [Theory]
    [InlineData("policies", "control")]
    [InlineData("workloads", "mixed")]
    [InlineData("invariants", "I01")]
    [InlineData("known-bugs", "Z41")]
    [InlineData("strategies", "portfolio")]
    [InlineData("dimensions", "cmp")]
    public void List_shows_what_there_is(string kind, string member)
    {
        Assert.Contains(member, _sandbox.Run("list", kind).Out);
        Result result = _sandbox.Run("list", kind, "--format", "json");
        Assert.Equal((ExitCode.Done, ""), (result.Code, result.Error));
        using JsonDocument json = JsonDocument.Parse(result.Out);
        Assert.Equal(JsonValueKind.Array, json.RootElement.ValueKind);
        Assert.Contains(json.RootElement.EnumerateArray(), i => i.GetProperty("id").GetString() == member);
    }

    [Fact]
    public void Help_and_version_are_no_errors()
    {
        Assert.Equal(ExitCode.Done, _sandbox.Run("--help").Code);
        Assert.Contains("--schedules", _sandbox.Run("run", "--help").Out);
        Assert.Equal(ExitCode.Done, _sandbox.Run("--version").Code);
    }

    private sealed class Interrupting(Geometry geometry, CancellationTokenSource interrupt, int after) : ICampaignEngine
    {
        public ICampaignWorker CreateWorker() => new Worker(new LocalEngine(geometry).CreateWorker(), interrupt, after);

        private sealed class Worker(ICampaignWorker inner, CancellationTokenSource interrupt, int after) : ICampaignWorker
        {
            private int _shards;

            public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation)
            {
                if (_shards++ == after) interrupt.Cancel();
                return inner.Run(cell, firstSeed, count, input, cancellation);
            }

            public CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation) => inner.RunCanary(order, cancellation);

            public Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation) => inner.WorkUp(cell, raw, input, cancellation);
        }
    }

    /// <summary>Another process hands in each shard first, with another digest.</summary>
    private sealed class Meddling(Geometry geometry, string folder) : ICampaignEngine
    {
        public ICampaignWorker CreateWorker() => new Worker(new LocalEngine(geometry).CreateWorker(), folder);

        private sealed class Worker(ICampaignWorker inner, string folder) : ICampaignWorker
        {
            public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation)
            {
                ShardRecord record = inner.Run(cell, firstSeed, count, input, cancellation);
                using SqliteLedger other = SqliteLedger.OpenToRead(folder);
                other.Record(0, 0, record with { Digest = record.Digest ^ 1 });
                return record;
            }

            public CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation) => inner.RunCanary(order, cancellation);

            public Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation) => inner.WorkUp(cell, raw, input, cancellation);
        }
    }

    private sealed class Failing : ICampaignEngine
    {
        public ICampaignWorker CreateWorker() => new Worker();

        private sealed class Worker : ICampaignWorker
        {
            public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation) =>
                firstSeed <= 9 && firstSeed + (ulong)count > 9 ? throw new InvalidOperationException("out of\nstep") : new(1, count, 1, [], [], 0, 0);

            public CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation) => throw new NotSupportedException();

            public Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation) => throw new NotSupportedException();
        }
    }
}
