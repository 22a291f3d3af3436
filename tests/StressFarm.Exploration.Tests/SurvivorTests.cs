using System.Text.RegularExpressions;

namespace StressFarm.Exploration.Tests;

/// <summary>docs/mutation-score.md against what the trial says now, of the steps that once survived it (K-10).</summary>
public partial class SurvivorTests
{
    private const long Budget = 40_000;
    private static readonly Geometry s_geometry = new(4096, 4);
    private static readonly string s_page = File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs", "mutation-score.md"));

    [Theory]
    [InlineData(Step.LruAdd, "I12d")]
    [InlineData(Step.V2, "I16")]
    [InlineData(Step.Z6, "I36b")]
    [InlineData(Step.D2, "I42b")]
    [InlineData(Step.D3, "I42b")]
    [InlineData(Step.D4, "I42b")]
    [InlineData(Step.HugeZero, "I36b")]
    [InlineData(Step.QueueAdd, "I13")]
    [InlineData(Step.W5, "I12d")]
    [InlineData(Step.SlabList, "I49b")]
    [InlineData(Step.MigrateFreeze, "I23")]
    [InlineData(Step.Ipi, "I28c")]
    [InlineData(Step.WpReuse, "I35b")]
    [InlineData(Step.SectionClear, "I53b")]
    [InlineData(Step.SectionAdd, "I53b")]
    [InlineData(Step.Truncate, "I40b")]
    public void A_former_survivor_is_killed_by_the_invariant_made_for_it(Step step, string invariant)
    {
        MutantRow row = Trial(1_000_000).Try(step);
        Assert.Equal((MutantFate.Killed, invariant), (row.Fate, row.Invariant));
    }

    [Fact]
    public void Whoever_survives_is_explained_in_the_page()
    {
        string explained = s_page[s_page.IndexOf("## Survivors, explained", StringComparison.Ordinal)..];
        string[] listed = [.. Listed().Matches(s_page[..s_page.IndexOf("## Survivors, explained", StringComparison.Ordinal)]).Select(m => m.Groups[1].Value).Where(s => s != "step")];
        Assert.NotEmpty(listed);
        MutationTrial trial = Trial(Budget);
        foreach (string step in listed)
        {
            Assert.Contains($"- `{step}`", explained, StringComparison.Ordinal);
            Assert.Equal(MutantFate.Survived, trial.Try(Enum.Parse<Step>(step)).Fate);
        }
    }

    [Fact]
    public void The_page_has_its_score()
    {
        Match score = Score().Match(s_page);
        Assert.True(score.Success);
        int killed = int.Parse(score.Groups[1].ValueSpan), effective = int.Parse(score.Groups[2].ValueSpan);
        Assert.True(killed >= 0.95 * effective);
        Assert.Equal(killed, Killed().Count(s_page));
    }

    private static MutationTrial Trial(long budget) => new(s_geometry, [.. Catalog<Workload>.All], budget);

    /// <summary>Rows of the table of survivors: two columns, before the first table of another fate.</summary>
    [GeneratedRegex(@"(?<=## Survivors\n(?:(?!## ).*\n)*)\| (\w+) \| [^|]+ \|\n")]
    private static partial Regex Listed();

    [GeneratedRegex(@"(\d+) of (\d+) mutants killed by an invariant")]
    private static partial Regex Score();

    /// <summary>Rows of the table of the killed: step, where, invariant, workload.</summary>
    [GeneratedRegex(@"^\| \w+ \| [^|]+ \| I\d+[a-z]? \| [^|]+ \|$", RegexOptions.Multiline)]
    private static partial Regex Killed();
}
