namespace StressFarm.Cli.Tests;

public sealed class BadInputTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("", "command")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("run --frobnicate", "--frobnicate")]
    [InlineData("run --policy rfc-v9", "rfc-v9")]
    [InlineData("run --policy cmp=sideways", "sideways")]
    [InlineData("run --policy colour=red", "colour")]
    [InlineData("run --policy cmp=rfc,cmp=main", "twice")]
    [InlineData("run --policy control --policy control", "twice")]
    [InlineData("run --policy", "--policy")]
    [InlineData("run --policy control --policy", "--policy: needs a value")]
    [InlineData("run --set ops=2 --set", "--set: needs a value")]
    [InlineData("run --schedules", "--schedules: needs a value")]
    [InlineData("compare --fail-on", "--fail-on: needs a value")]
    [InlineData("run --nope", "unknown option '--nope'")]
    [InlineData("run --nope 5", "unknown option '--nope'")]
    [InlineData("run -x", "unknown option '-x'")]
    [InlineData("run soak.yaml --nope", "unknown option '--nope'")]
    [InlineData("compare --policies control,,rfc-v1", "empty name")]
    [InlineData("compare --policies control,rfc-v9", "rfc-v9")]
    [InlineData("run --workload nothing", "nothing")]
    [InlineData("run --workloads mixed,mixed", "twice")]
    [InlineData("run --strategy wish", "wish")]
    [InlineData("run --seed x", "--seed")]
    [InlineData("run --seed -1", "--seed")]
    [InlineData("run --seed 18446744073709551616", "--seed")]
    [InlineData("run --seed 18446744073709551615 --schedules 10", "--seed")]
    [InlineData("run --schedules 0", "--schedules")]
    [InlineData("run --schedules -5", "--schedules")]
    [InlineData("run --schedules 1000000000001", "--schedules")]
    [InlineData("run --schedules 1e9", "--schedules")]
    [InlineData("run --schedules 5 --schedules 6", "--schedules")]
    [InlineData("run --steps 0", "--steps")]
    [InlineData("run --schedules 5 --steps 5", "--schedules")]
    [InlineData("run --for soon", "--for")]
    [InlineData("run --for 0s", "--for")]
    [InlineData("run --for -5s", "--for")]
    [InlineData("run --for 9999d", "--for")]
    [InlineData("run --for NaNs", "--for")]
    [InlineData("run --cpus 0", "--cpus")]
    [InlineData("run --cpus 9", "--cpus")]
    [InlineData("run --pages 1000", "--pages")]
    [InlineData("run --pages 16", "--pages")]
    [InlineData("run --pages 65536", "--pages")]
    [InlineData("run --canaries off", "there are on, drill")]
    [InlineData("run --workers 0", "--workers")]
    [InlineData("run --workers 257", "--workers")]
    [InlineData("run --set ops", "--set")]
    [InlineData("run --set nothing=1", "nothing")]
    [InlineData("run --set ops=1000000", "ops")]
    [InlineData("run --set ops=2 --set ops=3", "twice")]
    [InlineData("run --cpus 2 --set cpus=3", "--cpus")]
    [InlineData("run --bug Z999", "Z999")]
    [InlineData("run --bug Z41 --policy dpm=free-core", "Z41")]
    [InlineData("run --bug Z41 --policy dpm=alloc-range", "Z41")]
    [InlineData("run --format xml", "xml")]
    [InlineData("soak --sections 0", "--sections")]
    [InlineData("soak --sections 999999999", "--sections")]
    [InlineData("soak --sections 100000 --policies all", "--sections: makes")]
    [InlineData("soak --epochs none", "--epochs")]
    [InlineData("soak --schedules-per-epoch 0", "--schedules-per-epoch")]
    [InlineData("soak --schedules 5", "--schedules")]
    [InlineData("soak --steps 5", "--steps")]
    [InlineData("soak --set order-9=1", "order-9")]
    [InlineData("soak --seed 9223372036854775809", "--seed")]
    [InlineData("run --epochs 5", "--epochs")]
    [InlineData("verify", "no campaign")]
    [InlineData("verify --sample all", "--sample")]
    [InlineData("verify --sample 3 --all", "contradicts --all")]
    [InlineData("verify --section -1", "--section")]
    [InlineData("compare --fail-on anything", "anything")]
    [InlineData("run nowhere.yaml", "nowhere.yaml")]
    [InlineData("run one.yaml two.yaml", "two.yaml")]
    [InlineData("list everything", "everything")]
    [InlineData("list", "list")]
    [InlineData("list policies --format yaml", "yaml")]
    [InlineData("replay", "replay")]
    [InlineData("replay garbage", "garbage")]
    [InlineData("replay U0YBAAAA", "token")]
    [InlineData("replay F-3f9c1a", "no campaign")]
    [InlineData("explain F-3f9c1a", "no campaign")]
    [InlineData("explain @/etc/passwd", "token")]
    [InlineData("run @/etc/passwd", "@/etc/passwd")]
    public void One_clear_line_and_64(string line, string names)
    {
        string[] args = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool takesOut = args.Length > 0 && args[0] is "run" or "compare" or "soak" or "verify" or "replay" or "explain";
        Result result = _sandbox.Run(takesOut ? [.. args, "--out", _sandbox["out"]] : args);
        AssertUsage(result, names);
        Assert.False(Directory.Exists(_sandbox["out"]), "nothing is created for what cannot run");
    }

    [Fact]
    public void A_folder_that_is_a_file()
    {
        File.WriteAllText(_sandbox["file"], "mine");
        foreach (string verb in (string[])["run", "compare"])
            AssertUsage(_sandbox.Run(verb, "--schedules", "1", "--out", _sandbox["file"]), "is a file");
        AssertUsage(_sandbox.Run("replay", "F-123456", "--out", _sandbox["file"]), "is a file");
        Assert.Equal("mine", File.ReadAllText(_sandbox["file"]));
    }

    [Theory]
    [InlineData("/proc/stressfarm-out")]
    [InlineData("/dev/null/out")]
    [InlineData("")]
    public void A_folder_that_cannot_be_written(string folder) =>
        AssertUsage(_sandbox.Run("run", "--schedules", "1", "--out", folder), "--out");

    [Fact]
    public void A_ledger_that_is_none_is_left_alone()
    {
        Directory.CreateDirectory(_sandbox["out"]);
        string ledger = Path.Combine(_sandbox["out"], "ledger.sqlite");
        File.WriteAllText(ledger, new string('x', 5000));
        AssertUsage(_sandbox.Run("run", "--schedules", "1", "--out", _sandbox["out"]), "ledger");
        AssertUsage(_sandbox.Run("explain", "F-123456", "--out", _sandbox["out"]), "ledger");
        Assert.Equal(new string('x', 5000), File.ReadAllText(ledger));
    }

    [Fact]
    public void Another_campaign_in_the_folder_is_refused_and_the_first_one_stays()
    {
        string[] first = ["run", "--workload", "mixed", "--schedules", "20", "--workers", "1", "--out", _sandbox["out"]];
        Assert.Equal(ExitCode.Done, _sandbox.Run(first).Code);
        byte[] report = File.ReadAllBytes(Path.Combine(_sandbox["out"], "report.json"));
        AssertUsage(_sandbox.Run([.. first, "--seed", "2"]), "another campaign");
        Assert.Equal(report, File.ReadAllBytes(Path.Combine(_sandbox["out"], "report.json")));
        Result again = _sandbox.Run(first);
        Assert.Equal(ExitCode.Done, again.Code);
        Assert.Contains("1 shard was in the ledger already", again.Out);
    }

    [Fact]
    public void An_id_that_is_not_in_the_ledger()
    {
        Assert.Equal(ExitCode.Done, _sandbox.Run("run", "--workload", "mixed", "--schedules", "5", "--out", _sandbox["out"]).Code);
        AssertUsage(_sandbox.Run("replay", "F-123456", "--out", _sandbox["out"]), "F-123456");
    }

    [Theory]
    [InlineData("soak: 3\n", "c.yaml:1: soak: takes a mapping")]
    [InlineData("soak:\n  section: 3\n", "c.yaml:2: soak: unknown key 'section'; there are sections, epochs, schedules")]
    [InlineData("soak:\n  epochs: 3\n  epochs: 4\n", "c.yaml:3: soak: 'epochs' is given twice")]
    [InlineData("soak:\n  epochs: many\n", "c.yaml:2: soak: 'many' is not a whole number")]
    [InlineData("schedules: 5\nsoak: {}\n", "c.yaml:1: schedules: contradicts a soak")]
    [InlineData("steps: 5\nsoak: {}\n", "c.yaml:1: steps: contradicts a soak")]
    [InlineData("shard: 5\nsoak: {}\n", "c.yaml:1: shard: contradicts a soak")]
    public void A_malformed_soak_names_line_and_key(string text, string names)
    {
        File.WriteAllText(_sandbox["c.yaml"], text);
        AssertUsage(_sandbox.Run("run", _sandbox["c.yaml"], "--out", _sandbox["out"]), names);
    }

    [Fact]
    public void What_is_no_soak_is_not_verified_and_a_soak_is_not_compared()
    {
        Assert.Equal(ExitCode.Done, _sandbox.Run("run", "--workload", "mixed", "--schedules", "5", "--out", _sandbox["out"]).Code);
        AssertUsage(_sandbox.Run("verify", "--out", _sandbox["out"]), "is no soak");
        File.WriteAllText(_sandbox["c.yaml"], "workloads: gup-pin\nsoak: {epochs: 1}\n");
        AssertUsage(_sandbox.Run("compare", _sandbox["c.yaml"], "--out", _sandbox["other"]), "a soak is no comparison");
    }

    [Fact]
    public void A_malformed_file_names_line_and_key()
    {
        File.WriteAllText(_sandbox["c.yaml"], "seed: 1\npolicies: [control, nonsense]\n");
        AssertUsage(_sandbox.Run("run", _sandbox["c.yaml"], "--out", _sandbox["out"]), "c.yaml:2: policies");
    }

    private static void AssertUsage(Result result, string names)
    {
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Equal("", result.Out);
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith("stressfarm: ", line);
        Assert.Contains(names, line);
        Assert.DoesNotContain("   at ", line);
        Assert.DoesNotContain("Exception", line);
        Assert.InRange(line.Length, 1, 700);
    }
}
