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
    [InlineData("exhaust --workload folio-split --policy mm=tso", "MM=SC only")]
    [InlineData("exhaust --workload folio-split --hash 96", "--hash")]
    [InlineData("exhaust --workload folio-split --memory 0", "--memory")]
    [InlineData("exhaust --workload folio-split --operations 0", "--operations")]
    [InlineData("exhaust --workload folio-split --nope 1", "--nope")]
    public void What_cannot_be_searched_is_one_line(string line, string part)
    {
        Result result = Run(line);
        Assert.Equal(64, result.Code);
        Assert.Contains(part, Assert.Single(result.ErrorLines));
    }
}
