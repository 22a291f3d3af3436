using System.Text.RegularExpressions;

namespace StressFarm.Cli.Tests;

/// <summary>What the pages about working on StressFarm say of the repository is so.</summary>
public partial class RepositoryTests
{
    private static string Root => RepositoryRoot.Folder;
    private static string Contributing => File.ReadAllText(Path.Combine(Root, "CONTRIBUTING.md"));

    public static TheoryData<string, string> DotnetCommands
    {
        get
        {
            var commands = new TheoryData<string, string>();
            foreach (string page in DocsTests.Pages())
                foreach (Match command in DotnetCommand().Matches(File.ReadAllText(page))) commands.Add(Path.GetFileName(page), command.Groups[1].Value);
            return commands;
        }
    }

    /// <summary>They build and test, which a test does not do again: that what they name is there is what it can tell.</summary>
    [Theory]
    [MemberData(nameof(DotnetCommands))]
    public void What_a_dotnet_command_in_the_documents_names_is_there(string page, string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string word in words.Where(w => Named().IsMatch(w)))
            Assert.True(Path.Exists(Path.Combine(Root, word)), $"{page}: '{command}': there is no {word}");
        int filter = Array.IndexOf(words, "--filter");
        if (filter < 0) return;
        string wanted = words[filter + 1].Split('~')[^1], project = words.Single(w => w.StartsWith("tests/", StringComparison.Ordinal));
        Assert.True(Sources(project).Any(f => File.ReadAllText(f).Contains(wanted, StringComparison.Ordinal)), $"{page}: '{command}' would run nothing");
    }

    [Fact]
    public void The_documents_have_dotnet_commands_at_all() =>
        Assert.Contains(DotnetCommands, c => ((string)c[0]) == "CONTRIBUTING.md" && ((string)c[1]).Contains("--filter", StringComparison.Ordinal));

    [Fact]
    public void The_code_that_CONTRIBUTING_shows_is_in_the_file_it_names()
    {
        MatchCollection blocks = Block().Matches(Contributing);
        Assert.Equal(Contributing.Split("```csharp").Length - 1, blocks.Count);
        Assert.NotEmpty(blocks);
        foreach (Match block in blocks)
        {
            string file = Assert.Single(Sources("src").Concat(Sources("grains")), f => Path.GetFileName(f) == block.Groups[1].Value);
            Assert.True(File.ReadAllText(file).Contains(block.Groups[2].Value, StringComparison.Ordinal), $"CONTRIBUTING.md differs from {block.Groups[1].Value}");
        }
    }

    [Fact]
    public void CONTRIBUTING_says_of_every_project_of_tests_what_it_tests()
    {
        string[] said = [.. TestProject().Matches(Contributing).Select(m => "StressFarm." + m.Groups[1].Value).Order(StringComparer.Ordinal)];
        Assert.Equal(Projects().Select(p => Path.GetFileNameWithoutExtension(p)).Where(p => p.EndsWith(".Tests", StringComparison.Ordinal)).Order(StringComparer.Ordinal), said);
    }

    [Fact]
    public void The_solution_holds_every_project()
    {
        string solution = File.ReadAllText(Path.Combine(Root, "StressFarm.sln"));
        Assert.All(Projects(), p => Assert.Contains(Path.GetFileName(p), solution, StringComparison.Ordinal));
    }

    [Fact]
    public void The_READMEs_table_leads_to_every_document_once() =>
        Assert.Equal(Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Select(f => "docs/" + Path.GetFileName(f)).Order(StringComparer.Ordinal), Rows("README.md", "docs/"));

    [Fact]
    public void The_table_of_findings_leads_to_every_script_once_and_each_can_be_run()
    {
        string[] scripts = [.. Directory.GetFiles(Path.Combine(Root, "findings"), "*.sh").Order(StringComparer.Ordinal)];
        Assert.Equal(scripts.Select(s => Path.GetFileName(s)), Rows("findings/README.md", ""));
        Assert.All(scripts, s => Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(s).HasFlag(UnixFileMode.UserExecute), s));
    }

    [Fact]
    public void The_newest_version_of_the_changelog_is_the_builds()
    {
        string newest = Version().Match(File.ReadAllText(Path.Combine(Root, "CHANGELOG.md"))).Groups[1].Value;
        Assert.Contains($"<Version>{newest}</Version>", File.ReadAllText(Path.Combine(Root, "Directory.Build.props")), StringComparison.Ordinal);
    }

    /// <summary>How severe a rule is says .editorconfig alone.</summary>
    [Fact]
    public void Nothing_silences_a_warning_beside_the_editorconfig()
    {
        IEnumerable<string> all = ((string[])["src", "grains", "tests"]).SelectMany(Sources).Where(f => Path.GetFileName(f) != nameof(RepositoryTests) + ".cs")
            .Concat(Projects()).Concat(Directory.GetFiles(Root, "Directory.*.props"));
        Assert.All(all, f => Assert.DoesNotMatch(Silencer(), File.ReadAllText(f)));
    }

    /// <summary>Where the first column of a page's tables leads, of what begins so.</summary>
    private static IEnumerable<string> Rows(string page, string begin) =>
        Row().Matches(File.ReadAllText(Path.Combine(Root, page))).Select(m => m.Groups[1].Value).Where(t => t.StartsWith(begin, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Sources(string folder) => Under(folder, "*.cs");
    private static IEnumerable<string> Projects() => ((string[])["src", "grains", "tests"]).SelectMany(f => Under(f, "*.csproj"));

    /// <summary>Without what builds left.</summary>
    private static IEnumerable<string> Under(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(f => !Path.GetRelativePath(Root, f).Split('/').Any(part => part is "bin" or "obj"));

    [GeneratedRegex(@"(?:^|`)\s*(?:[A-Z_]+=\w+ )*(dotnet (?:build|test|run|format|publish) [^`\n]*)", RegexOptions.Multiline)]
    private static partial Regex DotnetCommand();
    [GeneratedRegex(@"^(?:src|tests|grains|deploy)/\S+$|\.sln$")]
    private static partial Regex Named();
    [GeneratedRegex("^```csharp (\\S+)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
    [GeneratedRegex(@"(?<=^\|[^|]*)`(\w+\.Tests)`", RegexOptions.Multiline)]
    private static partial Regex TestProject();
    [GeneratedRegex(@"^\| \[[^\]]*\]\(([^)#]+)\) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
    [GeneratedRegex(@"^## \[([^\]]+)\]", RegexOptions.Multiline)]
    private static partial Regex Version();
    [GeneratedRegex("#pragma warning|SuppressMessage|<NoWarn>|WarningLevel")]
    private static partial Regex Silencer();
}
