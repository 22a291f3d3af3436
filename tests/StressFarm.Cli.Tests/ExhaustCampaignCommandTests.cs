using System.Text.Json;

namespace StressFarm.Cli.Tests;

/// <summary><c>run --exhaust</c> and <c>compare --exhaust</c>: campaigns that run every interleaving.</summary>
public sealed class ExhaustCampaignCommandTests : IDisposable
{
    private const string Few = "--workload device-private-reinit --count 10 --shard 2";

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    private Result Run(string line, string folder = "out") => _sandbox.Run([.. line.Split(' '), "--out", _sandbox[folder]]);

    [Fact]
    public void A_design_that_holds_is_exhausted_and_one_that_does_not_is_violated()
    {
        Result holds = Run($"run --exhaust {Few}", "holds"), fails = Run($"run --exhaust --policy no-reinit {Few}", "fails");
        Assert.True(holds.Code == 0, holds.Error);
        Assert.Contains(" | every interleaving | 10 programmes per design, at most 250000 states each | spec ", holds.Out, StringComparison.Ordinal);
        Assert.Contains("\ncontrol x device-private-reinit: exhausted: every interleaving of 10 programmes, and none violates anything\n", holds.Out, StringComparison.Ordinal);
        Assert.Contains("endless waiting of an unfair schedule is not judged\n", holds.Out, StringComparison.Ordinal);
        Assert.Matches("\n10 programmes, [0-9,]+ states, [0-9,]+ transitions in ", holds.Out);
        Assert.Contains(" programme searched twice, 0 differed\n", holds.Out, StringComparison.Ordinal);
        Assert.True(fails.Code == 1, fails.Error);
        Assert.Matches("\nno-reinit x device-private-reinit: violated: of 10 programmes [0-9]+ violated \\(I[0-9 I]+\\), ", fails.Out);
        Assert.Matches("\nno-reinit x device-private-reinit x exhaust, number [0-9]+; shrunk to ", fails.Out);
        string replay = fails.Out.Split('\n').First(l => l.StartsWith("replay:", StringComparison.Ordinal));
        Result again = _sandbox.Run("replay", replay.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.True(again.Code == 1, again.Error);
        string id = JsonDocument.Parse(File.ReadAllText(Path.Combine(_sandbox["fails"], "report.json"))).RootElement.GetProperty("findings")[0].GetProperty("id").GetString()!;
        Result explained = _sandbox.Run("explain", id, "--out", _sandbox["fails"]);
        Assert.True(explained.Code == 0 && explained.Out.StartsWith(id, StringComparison.Ordinal), explained.Error + explained.Out);
    }

    [Fact]
    public void Designs_are_compared_in_a_table()
    {
        const string line = $"compare --exhaust --policies control,no-reinit {Few}";
        Result text = Run(line), json = Run($"{line} --format json"), gate = Run($"{line} --fail-on violation");
        Assert.True(text.Code == 0, text.Error);
        Assert.Matches(@"\n  control +exhausted *\n +10 / ", text.Out);
        Assert.Matches(@"\n  no-reinit +violated F-[0-9a-f]{6}\n +10 / ", text.Out);
        Assert.Contains("\nEach entry: verdict and first finding, then programmes / states.\n", text.Out, StringComparison.Ordinal);
        Assert.Contains("\nExhausted is within a bound: ", text.Out, StringComparison.Ordinal);
        Assert.Equal(1, gate.Code);
        JsonElement[] cells = [.. JsonDocument.Parse(json.Out).RootElement.GetProperty("cells").EnumerateArray()];
        Assert.Equal(["exhausted", "violated"], cells.Select(c => c.GetProperty("verdict").GetString()));
        Assert.All(cells, c => Assert.Equal(c.GetProperty("steps").GetInt64(), c.GetProperty("search").GetProperty("transitions").GetInt64()));
    }

    [Fact]
    public void A_budget_that_ends_says_how_much_is_done()
    {
        Result states = Run("run --exhaust --workload gup-pin --count 6 --states 100", "states"), time = Run("compare --exhaust --policy control --workload gup-pin --for 0.001s", "time");
        Assert.Equal((2, 2), (states.Code, time.Code));
        Assert.Matches("gup-pin: inconclusive: of 6 programmes [0-9] exhausted without a violation, [0-9] left at 100 states: [0-9.]+ % done\n", states.Out);
        Assert.Matches(@"\n  control +inconclusive [0-9.]+ %\n", time.Out);
    }

    [Fact]
    public void A_programme_that_was_written_is_searched_whole_or_in_parts()
    {
        string file = Path.Combine(RepositoryRoot.Folder, "programmes", "gup-split.yaml");
        Result whole = Run($"run --exhaust --programme {file}", "whole"), parts = Run($"run --exhaust --programme {file} --parts 3 --depth 2", "parts");
        Assert.True(whole.Code == 0, whole.Error);
        Assert.Contains("control x gup-split: exhausted: every interleaving of 1 programme, and none violates anything\n", whole.Out, StringComparison.Ordinal);
        Assert.True(parts.Code == 0, parts.Error);
        Assert.Contains(" | 3 parts after 2 steps, at most 250000 states each | ", parts.Out, StringComparison.Ordinal);
        Assert.Contains("exhausted: every interleaving of 3 parts, and none violates anything\n", parts.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run --exhaust --seed 3", "--seed: ")]
    [InlineData("run --exhaust --schedules 3", "--schedules: ")]
    [InlineData("run --exhaust --steps 3", "--steps: ")]
    [InlineData("run --exhaust --strategy pct", "--strategy: ")]
    [InlineData("run --exhaust --set ops=3", "--set: ")]
    [InlineData("run --exhaust --cpus 2", "--cpus: ")]
    [InlineData("run --exhaust --pages 64", "--pages: ")]
    [InlineData("run --exhaust --parts 2", "--parts: ")]
    [InlineData("compare --states 0", "--states: ")]
    [InlineData("soak --exhaust", "--exhaust")]
    public void What_does_not_go_together_is_one_line(string line, string part)
    {
        Result result = Run(line);
        Assert.Equal(64, result.Code);
        Assert.Contains(part, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_line_that_searches_is_known_before_it_is_read()
    {
        string search = _sandbox["search.yaml"], other = _sandbox["other.yaml"];
        File.WriteAllText(search, "workloads: gup-pin\nexhaust: {count: 3}\n");
        File.WriteAllText(other, "workloads: gup-pin\nschedules: 3\n");
        Assert.All((string[][])[["exhaust", "--workload", "gup-pin"], ["run", "--exhaust"], ["compare", "--states=7"], ["run", search], ["farm", "verify", "C-1"]], args => Assert.True(Searching.IsAsked(args)));
        Assert.All((string[][])[[], ["run"], ["compare", "--workload", "gup-pin"], ["run", other], ["run", "nowhere.yaml"], ["farm", "submit"]], args => Assert.False(Searching.IsAsked(args)));
    }
}
