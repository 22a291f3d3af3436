namespace StressFarm.Cli.Tests;

public sealed class TrialCommandTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void A_trial_says_what_it_took_to_catch_a_bug()
    {
        Result result = _sandbox.Run("trial", "z02", "--seeds", "3", "--steps", "100000");
        Assert.Equal(0, result.Code);
        string[] lines = result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("| trial | 3 first seeds, at most 100k steps each", lines[0], StringComparison.Ordinal);
        foreach (string strategy in (string[])["random", "pct", "pos", "portfolio"])
            Assert.Contains(lines, l => l.StartsWith("Z02 ", StringComparison.Ordinal) && l.Contains($" {strategy} ", StringComparison.Ordinal)
                && l.Contains(" 3/3 ", StringComparison.Ordinal) && l.EndsWith(" I46", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.TrimStart().StartsWith("shortest: ", StringComparison.Ordinal));
        Assert.Equal(4, result.ErrorLines.Length);
    }

    [Fact]
    public void A_bug_that_the_budget_does_not_reach_is_missed_and_the_exit_code_says_so()
    {
        Result result = _sandbox.Run("trial", "Z06", "--seeds", "2", "--steps", "1");
        Assert.Equal(1, result.Code);
        Assert.Contains(" 0/2", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_of_known_bugs_has_a_row_for_each_and_the_rows_are_those_of_a_trial()
    {
        string page = File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs", "known-bugs.md"));
        foreach (string id in Catalog<KnownBug>.Ids) Assert.Contains($"\n| {id} |", page, StringComparison.Ordinal);
        // As many seeds and steps as the page's, of two that are caught soon.
        string[] rows = [.. _sandbox.Run("trial", "Z01", "Z02", "--format", "markdown").Out.Split('\n').Where(l => l.StartsWith("| Z", StringComparison.Ordinal))];
        Assert.Equal(2, rows.Length);
        Assert.All(rows, row => Assert.Contains(row, page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("unknown known bug 'Z99'; see 'stressfarm list known-bugs'", "trial", "Z99")]
    [InlineData("--seeds: '0' is out of range: it takes 1 to 1000", "trial", "Z01", "--seeds", "0")]
    [InlineData("--steps: 'many' is not a whole number", "trial", "--steps", "many")]
    [InlineData("--format: unknown format 'html'; there are text, markdown", "trial", "--format", "html")]
    public void Bad_input_is_one_line_and_64(string message, params string[] args)
    {
        Result result = _sandbox.Run(args);
        Assert.Equal((64, $"stressfarm: {message}"), (result.Code, Assert.Single(result.ErrorLines)));
    }
}
