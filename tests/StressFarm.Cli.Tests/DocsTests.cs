using System.Text.RegularExpressions;

namespace StressFarm.Cli.Tests;

/// <summary>
/// What the documents tell a reader to type is run: the lines of `sh` fences and the inline commands. A long one gets a small
/// budget instead of its own; a comment "exit N" states the exit code, which is 0 otherwise and 1 throughout findings.md. What
/// asks a farm asks a small one that the test brings along: whatever campaign or finding a page names is that one's.
/// </summary>
public partial class DocsTests(DocsTests.Shared shared) : IClassFixture<DocsTests.Shared>, IDisposable
{
    /// <summary>The farm of all the pages.</summary>
    public sealed class Shared : IDisposable
    {
        private FakeFarm? _farm;
        internal FakeFarm Farm => _farm ??= new FakeFarm();
        public void Dispose() => _farm?.Dispose();
    }

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    public static TheoryData<string, string> Commands
    {
        get
        {
            var commands = new TheoryData<string, string>();
            foreach (string file in Pages())
            {
                string text = File.ReadAllText(file);
                foreach (Match fence in Fence().Matches(text))
                    foreach (string line in fence.Groups[1].Value.Split('\n', StringSplitOptions.TrimEntries))
                        if (CommandLine().Match(line) is { Success: true }) commands.Add(Path.GetFileName(file), line);
                foreach (Match inline in Inline().Matches(text)) commands.Add(Path.GetFileName(file), inline.Groups[1].Value);
            }
            return commands;
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_in_the_documents_does_what_they_say(string page, string line)
    {
        Match exit = ExitComment().Match(line);
        int expected = exit.Success ? int.Parse(exit.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : page == "findings.md" ? 1 : 0;
        string bare = line.Split(" #")[0].Trim();
        List<string> args = [.. bare.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
        if (args[0] is "compare" or "run") Shorten(args);
        if (args[0] is "soak" or "verify") ShortenSoak(args);
        if (args[0] is "exhaust") FindFiles(args);
        if (args[0] is "trial" && !args.Contains("--seeds")) args.AddRange(["--seeds", "1"]);
        if (args[0] is "replay" or "explain") Assert.True(args.Count > 1, $"{page}: '{line}' names nothing to {args[0]}");
        Result result = args[0] == "farm" ? OnFarm(args) : _sandbox.Run([.. args]);
        Assert.True(result.Code == expected, $"{page}: '{line}' ended with {result.Code} instead of {expected}: {result.Error}");
    }

    [Fact]
    public void The_documents_have_commands_at_all()
    {
        Assert.True(Commands.Count() > 10);
        Assert.Contains(Commands, c => ((string)c[0]) == "README.md" && ((string)c[1]).Contains("compare", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_link_between_documents_leads_somewhere()
    {
        foreach (string file in Pages())
            foreach (Match link in Link().Matches(File.ReadAllText(file)))
            {
                string target = Path.Combine(Path.GetDirectoryName(file)!, link.Groups[1].Value);
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{file}: {link.Value}");
            }
    }

    private Result OnFarm(List<string> args)
    {
        FakeFarm farm = shared.Farm;
        int address = args.IndexOf("--farm"), token = args.IndexOf("--token-file"), output = args.IndexOf("--out");
        if (address >= 0) args[address + 1] = farm.Address;
        if (output >= 0) args[output + 1] = _sandbox["farm-out"];
        if (token >= 0) File.WriteAllText(args[token + 1] = _sandbox["token"], "sf_something");
        for (int i = 0; i < args.Count; i++)
        {
            if (args[i].StartsWith("C-", StringComparison.Ordinal)) args[i] = farm.Id;
            if (args[i].StartsWith("F-", StringComparison.Ordinal)) args[i] = farm.Report.Findings[0].Finding.Id;
            if (args[i].EndsWith(".yaml", StringComparison.Ordinal)) args[i] = Path.Combine(RepositoryRoot.Folder, args[i]);
        }
        // The farm's campaign is another than the one submitted: it cannot be followed.
        args.Remove("--watch");
        return Sandbox.RunOnFarm(farm.Address, [.. args]);
    }

    /// <summary>Keeps a command inside a test's time: no budget or a long one becomes a short one; results go to the sandbox.</summary>
    private void Shorten(List<string> args)
    {
        int steps = args.IndexOf("--steps"), time = args.IndexOf("--for"), schedules = args.IndexOf("--schedules");
        if (steps >= 0) args[steps + 1] = Math.Min(long.Parse(args[steps + 1], System.Globalization.CultureInfo.InvariantCulture), 8_000_000).ToString(System.Globalization.CultureInfo.InvariantCulture);
        else if (schedules >= 0) args[schedules + 1] = Math.Min(long.Parse(args[schedules + 1], System.Globalization.CultureInfo.InvariantCulture), 2048).ToString(System.Globalization.CultureInfo.InvariantCulture);
        else if (!args.Contains("--exhaust")) args.AddRange(["--schedules", "64"]);
        else if (!args.Contains("--programme") && !args.Contains("--count")) args.AddRange(["--count", "1"]);
        if (time >= 0) args.RemoveRange(time, 2);
        if (args.IndexOf("--count") is var count and >= 0) args[count + 1] = "1";
        int output = args.IndexOf("--out");
        if (output >= 0) args.RemoveRange(output, 2);
        args.AddRange(["--out", _sandbox["out"]]);
        FindFiles(args);
    }

    /// <summary>A soak becomes one of a few schedules; what is verified is such a one, run before.</summary>
    private void ShortenSoak(List<string> args)
    {
        foreach (string option in (string[])["--out", "--for", "--epochs", "--sections", "--schedules-per-epoch"])
            if (args.IndexOf(option) is var at and >= 0) args.RemoveRange(at, 2);
        args.AddRange(["--out", _sandbox["out"]]);
        FindFiles(args);
        string[] budget = ["--sections", "2", "--epochs", "2", "--schedules-per-epoch", "24"];
        if (args[0] == "soak") args.AddRange(budget);
        else _sandbox.Run(["soak", "--workload", "gup-pin", "--out", _sandbox["out"], .. budget]);
    }

    private static void FindFiles(List<string> args)
    {
        for (int i = 0; i < args.Count; i++)
            if (args[i].EndsWith(".yaml", StringComparison.Ordinal)) args[i] = Path.Combine(RepositoryRoot.Folder, args[i]);
    }

    internal static IEnumerable<string> Pages() =>
        Directory.GetFiles(Path.Combine(RepositoryRoot.Folder, "docs"), "*.md")
            .Concat(((string[])["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "findings/README.md"]).Select(page => Path.Combine(RepositoryRoot.Folder, page))).Order(StringComparer.Ordinal);

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();
    [GeneratedRegex(@"^(\./)?stressfarm (compare|run|exhaust|soak|verify|replay|explain|trial|list|farm)\b")]
    private static partial Regex CommandLine();
    [GeneratedRegex(@"`(stressfarm (?:run|list|compare|soak|verify|trial|farm) -?[^`]*)`")]
    private static partial Regex Inline();
    [GeneratedRegex(@"# exit (\d+)")]
    private static partial Regex ExitComment();
    [GeneratedRegex(@"\]\((?!http|#)([^)#]+)")]
    private static partial Regex Link();
}
