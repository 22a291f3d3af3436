namespace StressFarm.Cli.Hosting;

/// <summary>
/// Whether a command line asks for searches, whose machines keep a log of each step: told before anything of a machine is compiled, and so
/// without reading what it says in full. One that is taken for it wrongly runs a little slower.
/// </summary>
public static class Searching
{
    private const string Word = "exhaust";
    private const long MostBytes = 1 << 20;
    private static readonly string[] s_options = ["--exhaust", "--states", "--count", "--parts", "--depth"];

    public static bool IsAsked(IReadOnlyList<string> args) =>
        args.Any(a => a == Word || s_options.Any(o => a == o || a.StartsWith(o + '=', StringComparison.Ordinal) || a.StartsWith(o + ':', StringComparison.Ordinal)))
        // What a farm did is known when it has been asked.
        || args is ["farm", "verify", ..]
        || args.Any(a => !a.StartsWith('-') && IsFile(a));

    /// <summary>A campaign file that says so.</summary>
    private static bool IsFile(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MostBytes } && File.ReadAllText(path).Contains(Word, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Whoever reads it says what is wrong with it.
            return false;
        }
    }
}
