using System.Text.RegularExpressions;

namespace StressFarm.Cli.Tests;

/// <summary>A programme in the place of workloads: run, compared, replayed, explained; and those that are shipped.</summary>
public sealed partial class ProgrammeCommandTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    private string Out => _sandbox["out"];
    private static string Folder => Path.Combine(RepositoryRoot.Folder, "programmes");
    private static string Shipped(string name) => Path.Combine(Folder, name + ".yaml");

    /// <summary>Each shipped programme, under the designs that it is about: a known bug stands for one that is control's with a slip.</summary>
    public static TheoryData<string, string, bool> Disputes => new()
    {
        { "gup-split", "--policy spl=nofreeze", true },
        { "gup-split", "--bug Z06", true },
        { "gup2-split", "--bug Z06", true },
        { "gup3-split", "--bug Z14", true },
        { "order-9-then-two-order-8", "--policy no-reinit", true },
        { "order-9-then-two-order-8", "--policy undo-at-free", false },
        { "order-9-then-8-7-7", "--policy reinit-predecessor", true },
        { "order-9-then-8-7-7", "--policy reinit-predecessor-locked", false },
        { "device-evict-insert", "--policy mainline", true },
        { "driver-insert-unmap", "--policy rfc-v1", true },
        { "driver-insert-unmap", "--policy rfc-skip-rmap", false },
        { "rfc-eight-fields-gup", "--policy rfc-skip-rmap", true },
        { "rfc-eight-fields-gup", "--policy rfc-gup-fail", false },
        { "slab-frozen", "--policy slab-counted", false },
        { "stray-reference-split", "--policy spl=nofreeze", true },
        { "dax-pin-truncate", "--policy share-life", false },
        { "offline-walk", "--bug Z34", true },
        { "fork-device-entry", "--bug Z31", true },
    };

    [Theory]
    [MemberData(nameof(Disputes))]
    public void What_a_shipped_programme_says_of_a_design_is_so(string name, string design, bool violated)
    {
        Result control = _sandbox.Run(["run", "--programme", Shipped(name), "--schedules", "2048", "--out", _sandbox["control"]]);
        Assert.True(control.Code == ExitCode.Done, control.Out + control.Error);
        Result disputed = _sandbox.Run(["run", "--programme", Shipped(name), "--schedules", "2048", .. design.Split(' '), "--out", Out]);
        Assert.True(disputed.Code == (violated ? ExitCode.Violation : ExitCode.Done), disputed.Out + disputed.Error);
    }

    [Fact]
    public void Every_shipped_programme_is_tried_is_called_as_its_file_and_stands_in_the_table()
    {
        string[] names = [.. Directory.GetFiles(Folder, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];
        Assert.Equal(names, Disputes.Select(d => (string)((object[])d)[0]).Distinct().Order(StringComparer.Ordinal));
        string table = File.ReadAllText(Path.Combine(Folder, "README.md"));
        foreach (string name in names)
        {
            Assert.Equal(name, ProgrammeFile.Read(Shipped(name)).Id);
            Assert.StartsWith("# ", File.ReadAllText(Shipped(name)));
            Assert.Contains($"| [{name}]({name}.yaml) |", table);
        }
    }

    [Fact]
    public void A_programme_is_a_cell_of_its_own_and_its_finding_is_replayed_explained_and_written()
    {
        string[] args = ["run", "--programme", Shipped("gup-split"), "--bug", "Z06", "--schedules", "8192", "--workers", "2", "--out", Out];
        Result run = _sandbox.Run(args);
        Assert.Equal(ExitCode.Violation, run.Code);
        Assert.Contains("| programme gup-split |", run.Out.Split('\n')[0]);
        Assert.Contains("control+Z06 x gup-split x portfolio", run.Out);
        string id = FindingId().Match(run.Out).Value, token = Token().Match(run.Out).Groups[1].Value;
        string report = File.ReadAllText(Path.Combine(Out, "report.json"));
        Assert.Contains("\"programme:     - unpin_user_pages handle=0 range=0\"", report);

        Assert.Equal(ExitCode.Violation, _sandbox.Run("replay", id, "--out", Out).Code);
        Assert.Equal(ExitCode.Violation, _sandbox.Run("replay", token).Code);
        Assert.Contains("gup-split", _sandbox.Run("explain", token).Out);

        Result written = _sandbox.Run("explain", id, "--programme", "--out", Out);
        Assert.Equal(ExitCode.Done, written.Code);
        Assert.Contains("#   stressfarm run --programme gup-split.yaml --policy control --bug Z06\n", written.Out);
        File.WriteAllText(_sandbox["again.yaml"], written.Out);
        Assert.Equal(ExitCode.Violation, _sandbox.Run("run", "--programme", _sandbox["again.yaml"], "--bug", "Z06", "--schedules", "8192", "--out", _sandbox["again"]).Code);

        // The same campaign goes on where it was, and has the same report.
        Assert.Equal(ExitCode.Violation, _sandbox.Run(args).Code);
        Assert.Equal(report, File.ReadAllText(Path.Combine(Out, "report.json")));
    }

    [Fact]
    public void Designs_are_compared_on_a_programme()
    {
        Result result = _sandbox.Run("compare", "--programme", Shipped("order-9-then-two-order-8"), "--policies", "control,no-reinit,undo-at-free", "--schedules", "512", "--out", Out);
        Assert.Equal(ExitCode.Done, result.Code);
        Assert.Matches(@"control +clean", result.Out);
        Assert.Matches(@"no-reinit +violated", result.Out);
        Assert.Matches(@"undo-at-free +clean", result.Out);
        Assert.Contains("--programme order-9-then-two-order-8.yaml", File.ReadAllText(Path.Combine(Out, "report.md")));
    }

    [Fact]
    public void A_campaign_file_holds_a_programme_and_an_option_takes_its_place()
    {
        string block = string.Concat(File.ReadAllLines(Shipped("gup-split")).Select(line => "  " + line + "\n"));
        File.WriteAllText(_sandbox["campaign.yaml"], "schedules: 64\nprogramme: |\n" + block);
        Assert.Contains("| programme gup-split |", _sandbox.Run("run", _sandbox["campaign.yaml"], "--out", Out).Out);
        Assert.Contains("| programme gup2-split |", _sandbox.Run("run", _sandbox["campaign.yaml"], "--programme", Shipped("gup2-split"), "--out", _sandbox["2"]).Out);
        Assert.Contains("| workloads gup-pin |", _sandbox.Run("run", _sandbox["campaign.yaml"], "--workload", "gup-pin", "--out", _sandbox["3"]).Out);
    }

    [Theory]
    [InlineData("cpus:\n  - - zap_pte", "", "stressfarm: p.yaml:2: cpus: unknown operation 'zap_pte' in 'zap_pte': write one of zap_nonpresent_ptes, zap_pte_range")]
    [InlineData("cpus:\n  - - kfree handle=x", "", "stressfarm: p.yaml:2: cpus: 'handle=x' of kfree is empty")]
    [InlineData("setup:\n  - do_anonymous_page order=9\ncpus: [[]]", "", "stressfarm: p.yaml:2: setup: 'order=9' of do_anonymous_page is out of range: it is 0 to 4")]
    [InlineData("cpus: [[]]", "--workload mixed", "stressfarm: --workload: contradicts a programme; give one of them")]
    [InlineData("cpus: [[]]", "--set ops=3", "stressfarm: --set: a programme draws no parameters; write its arena and its calls otherwise")]
    [InlineData("cpus: [[], []]", "--cpus 1", "stressfarm: --cpus: the programme 'programme' does not fit into the machine: it has 2 CPUs")]
    [InlineData("arena: {system_order: 10}\ncpus: [[]]", "--pages 1024", "stressfarm: --pages: the programme 'programme' does not fit into the machine")]
    [InlineData("cpus: [[]]", "--programme p.yaml", "stressfarm: ")]
    public void What_cannot_be_run_is_a_line_and_ends_with_64(string yaml, string more, string expected)
    {
        File.WriteAllText(_sandbox["p.yaml"], yaml);
        Result result = _sandbox.Run(["run", "--programme", _sandbox["p.yaml"], "--schedules", "8", "--out", Out, .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.StartsWith(expected, Assert.Single(result.ErrorLines));
    }

    [Fact]
    public void Operations_and_parameters_are_listed()
    {
        string operations = _sandbox.Run("list", "operations").Out, parameters = _sandbox.Run("list", "parameters").Out;
        Assert.Contains("slot: page table slots of an mm: 0 to 1023", operations);
        Assert.Contains("slots-order", parameters);
        Assert.Contains("gup-pin: 0 to 4, mostly 1", parameters);
        Assert.Contains("\"folio-split\": \"1 to 4, mostly 2\"", _sandbox.Run("list", "parameters", "--format", "json").Out);
    }

    [Fact]
    public void Every_parameter_that_is_drawn_has_a_meaning() =>
        Assert.All(ShapeParameter.All(new Geometry()), p => Assert.True(p.Meaning.Length > 0, p.Name));

    [GeneratedRegex("F-[0-9a-f]{6}")]
    private static partial Regex FindingId();
    [GeneratedRegex(@"stressfarm replay (\S+)")]
    private static partial Regex Token();
}
