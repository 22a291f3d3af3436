using System.Text.Json;

namespace StressFarm.Cli.Tests;

/// <summary>Small scopes on the command line: <c>exhaust --scope</c>.</summary>
public sealed class ScopeCommandTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    private Result Run(string line) => _sandbox.Run(line.Split(' '));

    [Fact]
    public void A_slice_of_a_scope_that_holds_is_exhausted()
    {
        Result result = Run("exhaust --workload gup-pin --scope --from 3 --count 5");
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains("\n5 programmes of it, from 3 to 7\n", result.Out);
        Assert.Contains("\nexhausted: no interleaving of any programme violates anything\n", result.Out);
        Assert.Contains("\n  5 programmes: 5 exhausted and silent, 0 violated, 0 not finished within 250,000 states, 0 not run\n", result.Out);
        Assert.Contains("\nbound: these programmes, in which two CPUs have a turn of one or two calls each", result.Out);
    }

    [Fact]
    public void One_programme_is_printed_as_a_file_that_can_be_run()
    {
        Result result = Run("exhaust --workload gup-pin --scope --from 3 --count 1");
        Assert.True(result.Code == 0, result.Error);
        string[] lines = result.Out.Split('\n');
        int end = Array.FindIndex(lines, l => l.StartsWith("exhausted:", StringComparison.Ordinal));
        string file = _sandbox["three.yaml"];
        File.WriteAllLines(file, lines[1..end]);
        Result again = _sandbox.Run("exhaust", "--programme", file);
        Assert.True(again.Code == 0, again.Error);
    }

    [Fact]
    public void Violated_programmes_are_counted_and_the_first_one_replays()
    {
        Result result = Run("exhaust --workload folio-split --scope --bug Z06 --from 200 --count 60 --workers 2");
        Assert.True(result.Code == 1, result.Error);
        Assert.Contains("\nviolated: ", result.Out);
        Assert.Matches("\n  I15 in [0-9]+ programmes, the first number 2[0-9]+\n", result.Out);
        string replay = result.Out.Split('\n').Single(l => l.StartsWith("replay:", StringComparison.Ordinal));
        Assert.Equal(1, Run($"replay {replay.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]}").Code);
    }

    [Fact]
    public void Too_many_states_or_too_little_time_leave_it_inconclusive()
    {
        Result states = Run("exhaust --workload folio-split --scope --count 40 --states 50");
        Assert.Equal(2, states.Code);
        Assert.Contains("\ninconclusive: ", states.Out);
        Assert.Contains(" not finished within 50 states, 0 not run\n", states.Out);
        Result time = Run("exhaust --workload folio-split --scope --for 0.001s");
        Assert.Equal(2, time.Code);
        Assert.DoesNotContain(", 0 not run", time.Out);
    }

    [Fact]
    public void Json_is_the_same_however_many_threads_there_are()
    {
        Result one = Run("exhaust --workload device-private-reinit --policy no-reinit --scope --count 40 --workers 1 --format json"),
            two = Run("exhaust --workload device-private-reinit --policy no-reinit --scope --count 40 --workers 2 --format json");
        Assert.Equal(1, one.Code);
        Assert.Equal(one.Out, two.Out);
        using var json = JsonDocument.Parse(one.Out);
        Assert.Equal("violated", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(40, json.RootElement.GetProperty("exhausted").GetInt32() + json.RootElement.GetProperty("violated").GetInt32() + json.RootElement.GetProperty("notFinished").GetInt32());
        Assert.Equal(16, json.RootElement.GetProperty("scopeDigest").GetString()!.Length);
    }

    [Theory]
    [InlineData("exhaust --workload folio-split --from 1", "--from: goes with --scope")]
    [InlineData("exhaust --workload folio-split --scope --seed 1", "--seed: is about one programme")]
    [InlineData("exhaust --workload folio-split --scope --from 2000", "--from")]
    [InlineData("exhaust --workload folio-split --scope --from 10 --count 2000", "--count")]
    [InlineData("exhaust --workload folio-split --scope --states 0", "--states")]
    public void What_does_not_go_together_is_one_line(string line, string part)
    {
        Result result = Run(line);
        Assert.Equal(64, result.Code);
        Assert.Contains(part, Assert.Single(result.ErrorLines));
    }
}
