using System.Text.Json;

namespace StressFarm.Cli.Tests;

public sealed class ExhaustCommandTests : IDisposable
{
    private const string Programme = "exhaust --workload folio-split --seed 1 --operations 1 --cpus 2";

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    private Result Run(string line) => _sandbox.Run(line.Split(' '));

    [Fact]
    public void A_programme_that_holds_is_exhausted()
    {
        Result result = Run(Programme);
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains("\nexhausted: no interleaving violates anything\n", result.Out);
        Assert.Contains("\nbound: this programme's accesses in every order, sequentially consistent, under control, on ", result.Out);
        Assert.Contains("exact up to order 4, where tails step singly", result.Out);
    }

    [Fact]
    public void A_programme_that_does_not_is_violated_and_its_finding_replays()
    {
        Result result = Run($"{Programme} --bug Z06");
        Assert.True(result.Code == 1, result.Error);
        Assert.Contains("\nviolated: ", result.Out);
        string replay = result.Out.Split('\n').Single(l => l.StartsWith("replay:", StringComparison.Ordinal));
        Result again = Run($"replay {replay.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]}");
        Assert.True(again.Code == 1, again.Error);
        Assert.Contains("I15", again.Out);
    }

    [Fact]
    public void The_finding_is_the_shortest_schedule_of_the_programme()
    {
        Result result = Run($"{Programme} --bug Z06");
        Assert.Contains("\n  2 context switches, 106 steps: no schedule of this programme has fewer and violates anything\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("; shrunk to 106 steps with 2 context switches\n", result.Out, StringComparison.Ordinal);
        Result json = Run($"{Programme} --bug Z06 --format json");
        Assert.True(json.Code == 1, json.Error);
        using var document = JsonDocument.Parse(json.Out);
        JsonElement root = document.RootElement, finding = root.GetProperty("finding");
        Assert.True(root.GetProperty("shortest").GetBoolean());
        Assert.Equal((2, 106), (root.GetProperty("switches").GetInt32(), root.GetProperty("steps").GetInt32()));
        Assert.Equal((2, 106, 10), (finding.GetProperty("switches").GetInt32(), finding.GetProperty("length").GetInt32(), finding.GetProperty("reliability").GetInt32()));
        Assert.NotEmpty(finding.GetProperty("mailBlock").EnumerateArray());
    }

    /// <summary>The first search finds the bug before it first looks whether it was interrupted; the second, which takes longer, does not.</summary>
    [Fact]
    public void What_is_not_known_to_be_the_shortest_is_said_to_be_so_and_is_shrunk()
    {
        Result result = Sandbox.Run(null, [.. Programme.Split(' '), "--bug", "Z06"], new CancellationToken(canceled: true));
        Assert.True(result.Code == 1, result.Error + result.Out);
        Assert.Contains(": not proven to be the fewest, since it was interrupted\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("reliability: 10/10", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_up_that_violates_has_no_schedule()
    {
        Result result = _sandbox.Run("exhaust", "--programme", Path.Combine(RepositoryRoot.Folder, "programmes", "fork-device-entry.yaml"), "--bug", "Z31");
        Assert.True(result.Code == 1, result.Error);
        Assert.Contains("\nviolated: the set-up violates an invariant\n", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("no schedule of this programme", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bound_on_preemptions_is_named_with_the_verdict()
    {
        Result some = Run($"{Programme} --preemptions 1"), none = Run($"{Programme} --bug Z06 --preemptions 0"), one = Run($"{Programme} --bug Z06 --preemptions 1");
        Assert.True(some.Code == 0, some.Error);
        Assert.Contains("\nexhausted: no interleaving with at most 1 preemption violates anything; others were not run\n", some.Out, StringComparison.Ordinal);
        Assert.Contains("\nbound: this programme's accesses in every schedule with at most 1 preemption (switches away from a CPU that could still step; others were not run), sequentially consistent, under control, on ", some.Out, StringComparison.Ordinal);
        Assert.Contains("(128-bit keys)", some.Out, StringComparison.Ordinal);
        Assert.Contains("\nexhausted: no interleaving with at most 0 preemptions violates anything; others were not run\n", none.Out, StringComparison.Ordinal);
        Assert.True(one.Code == 1, one.Error);
        Assert.Contains("\n  2 context switches, 106 steps: ", one.Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Run($"{Programme} --preemptions 1 --format json").Out);
        Assert.Equal(1, json.RootElement.GetProperty("preemptions").GetInt32());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("shortest").ValueKind);
        Assert.Contains("inconclusive: the time ended before every interleaving with at most 3 preemptions was run (--for)", Run("exhaust --workload folio-split --seed 1 --preemptions 3 --for 0.001s").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_programme_that_was_written_is_searched_under_the_design_that_is_asked_for()
    {
        string file = Path.Combine(RepositoryRoot.Folder, "programmes", "gup-split.yaml");
        Result control = _sandbox.Run("exhaust", "--programme", file), disputed = _sandbox.Run("exhaust", "--programme", file, "--policy", "spl=nofreeze");
        Assert.True(control.Code == 0, control.Error);
        Assert.Contains("\n  CPU1    split_huge_page mm=0 slot=0\n", control.Out, StringComparison.Ordinal);
        Assert.True(disputed.Code == 1, disputed.Error + disputed.Out);
        Result both = _sandbox.Run("exhaust", "--programme", file, "--workload", "gup-pin");
        Assert.Equal(64, both.Code);
        Assert.Contains("contradicts a programme", both.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_that_ends_leaves_it_inconclusive()
    {
        Result result = Run("exhaust --workload folio-split --seed 1 --for 0.001s");
        Assert.Equal(2, result.Code);
        Assert.Contains("\ninconclusive: the time ended", result.Out);
        Assert.Contains("inconclusive: the memory ended", Run("exhaust --workload folio-split --seed 1 --memory 1").Out);
    }

    [Fact]
    public void Json_has_the_counts_and_the_bound()
    {
        Result result = Run($"{Programme} --format json --hash 128");
        Assert.True(result.Code == 0, result.Error);
        using var json = JsonDocument.Parse(result.Out);
        Assert.Equal("exhausted", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(128, json.RootElement.GetProperty("hashBits").GetInt32());
        Assert.True(json.RootElement.GetProperty("states").GetInt64() > 1000);
        Assert.True(json.RootElement.GetProperty("transitions").GetInt64() > json.RootElement.GetProperty("states").GetInt64());
    }

    [Theory]
    [InlineData("exhaust --seed 1", "--workload")]
    [InlineData("exhaust --workload folio-split --hash 96", "--hash")]
    [InlineData("exhaust --workload folio-split --memory 0", "--memory")]
    [InlineData("exhaust --workload folio-split --operations 0", "--operations")]
    [InlineData("exhaust --workload folio-split --preemptions -1", "--preemptions")]
    [InlineData("exhaust --workload folio-split --preemptions 255", "--preemptions")]
    [InlineData("exhaust --workload folio-split --preemptions few", "--preemptions")]
    [InlineData("exhaust --workload folio-split --nope 1", "--nope")]
    public void What_cannot_be_searched_is_one_line(string line, string part)
    {
        Result result = Run(line);
        Assert.Equal(64, result.Code);
        Assert.Contains(part, Assert.Single(result.ErrorLines));
    }
}
