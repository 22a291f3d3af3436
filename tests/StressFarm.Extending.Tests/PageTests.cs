using System.Text.RegularExpressions;

namespace StressFarm.Extending.Tests;

/// <summary>
/// The code on docs/extending.md is the code that these tests compile and run: each of its C# fences names a file of Example/
/// and is that file's text.
/// </summary>
public partial class PageTests
{
    private static string PageFile => Path.Combine(RepositoryRoot.Folder, "docs", "extending.md");
    private static string Page => File.ReadAllText(PageFile);

    [Fact]
    public void Each_block_is_the_text_of_the_file_it_names()
    {
        foreach (Match fence in Fence().Matches(Page)) Assert.True(IsTextOf(fence), $"docs/extending.md differs from {fence.Groups[1].Value}");
    }

    [Fact]
    public void Each_file_of_the_example_is_on_the_page_once()
    {
        string[] files = [.. Directory.GetFiles(Path.Combine(RepositoryRoot.Folder, Example), "*.cs").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.True(files.Length >= 5);
        Assert.Equal(files, Fence().Matches(Page).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_block_of_code_goes_without_a_file() =>
        Assert.Equal(Page.Split("```csharp").Length - 1, Fence().Count(Page));

    [Fact]
    public void A_block_that_differs_by_a_character_is_noticed()
    {
        Match fence = Fence().Match(Page);
        Assert.False(IsTextOf(Fence().Match(fence.Value.Replace("namespace", "namespaces", StringComparison.Ordinal))));
        Assert.False(IsTextOf(Fence().Match(fence.Value.Replace("public sealed class", "public class", StringComparison.Ordinal))));
    }

    /// <summary>Rewritten with STRESSFARM_GOLDEN=write, as golden files are.</summary>
    [Fact]
    public void Golden_the_finding_on_the_page_is_the_one_found_now()
    {
        Finding finding = ExampleTests.Shortest();
        string now = $"```text finding\n{string.Join('\n', finding.Columns.Select(line => line.TrimEnd()))}\n\n{string.Join('\n', finding.GuiltyWord)}\n```";
        string page = Page;
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write") File.WriteAllText(PageFile, page = Shown().Replace(page, _ => now));
        Assert.Equal(now, Shown().Match(page).Value);
    }

    private const string Example = "tests/StressFarm.Extending.Tests/Example";

    private static bool IsTextOf(Match fence)
    {
        string file = Path.Combine(RepositoryRoot.Folder, Example, fence.Groups[1].Value);
        return File.Exists(file) && File.ReadAllText(file) == fence.Groups[2].Value;
    }

    [GeneratedRegex("^```csharp (\\S+)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();
    [GeneratedRegex("^```text finding\n.*?^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Shown();
}
