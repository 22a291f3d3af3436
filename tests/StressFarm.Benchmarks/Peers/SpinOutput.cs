using System.Globalization;
using System.Text.RegularExpressions;

namespace StressFarm.Benchmarks;

/// <summary>
/// What a simulation run of SPIN printed. SPIN ends with exit code 0 and without an error also when a model started no process
/// or came to an end at once, so a run counts only when it says that it was stopped at the step asked for.
/// </summary>
public static partial class SpinOutput
{
    /// <summary>Processes of the model: init and three CPUs.</summary>
    private const int Processes = 4;

    /// <summary>The steps of a run that was to take <paramref name="asked"/>.</summary>
    /// <exception cref="PeerException">it did not take them</exception>
    public static long Steps(string output, long asked)
    {
        string? error = output.Split('\n').FirstOrDefault(l => l.Contains("Error", StringComparison.Ordinal) || l.StartsWith("spin:", StringComparison.Ordinal));
        if (error is not null) throw new PeerException($"SPIN: {error.Trim()}");
        Match limit = Limit().Match(output);
        if (asked <= 0 || !limit.Success || Value(limit) != asked) throw new PeerException($"SPIN did not take the {asked} steps asked for");
        IList<Match> at = At().Matches(output);
        if (at.Count == 0 || at.Any(m => Value(m) != asked)) throw new PeerException($"SPIN's processes are not at step {asked}");
        Match created = Created().Match(output);
        if (!created.Success || Value(created) != Processes) throw new PeerException($"SPIN did not run the model: {Processes} processes make it up");
        return asked;
    }

    /// <summary>"SPIN 6.5.2" of what -V prints.</summary>
    public static string Version(string output)
    {
        Match version = Number().Match(output);
        return version.Success ? "SPIN " + version.Value : "SPIN";
    }

    /// <summary>The statements of a run with <c>-p</c>, in the order in which they were executed.</summary>
    public static IEnumerable<string> Statements(string output) => Executed().Matches(output).Select(m => m.Groups[1].Value);

    /// <summary>A statement that goes somewhere else, and neither reads nor writes.</summary>
    public static bool IsJump(string statement) =>
        statement is ".(goto)" or "break" || statement.StartsWith("goto ", StringComparison.Ordinal);

    private static long Value(Match match) => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\d+(\.\d+)+")]
    private static partial Regex Number();

    [GeneratedRegex(@"^depth-limit \(-u(\d+) steps\) reached\s*$", RegexOptions.Multiline)]
    private static partial Regex Limit();

    /// <summary>Where a process stands at the end: without a statement in brackets.</summary>
    [GeneratedRegex(@"^ *(\d+):\tproc +\d+ \(.*\(state \d+\)( <valid end state>)?\s*$", RegexOptions.Multiline)]
    private static partial Regex At();

    [GeneratedRegex(@"^(\d+) processes created\s*$", RegexOptions.Multiline)]
    private static partial Regex Created();

    [GeneratedRegex(@"^ *\d+:\tproc +\d+ \(.*\(state \d+\)\t\[(.*)\]\s*$", RegexOptions.Multiline)]
    private static partial Regex Executed();
}
