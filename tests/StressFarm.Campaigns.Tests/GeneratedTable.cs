namespace StressFarm.Campaigns.Tests;

/// <summary>A table of docs/exhaustive.md that tests make: written with STRESSFARM_GOLDEN=write, and otherwise as it would be written.</summary>
internal static class GeneratedTable
{
    private static readonly string s_file = Path.Combine(RepositoryRoot.Folder, "docs", "exhaustive.md");

    public static bool IsWritten => Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write";

    /// <summary>What stands there.</summary>
    public static string Read(string name)
    {
        string page = File.ReadAllText(s_file);
        (int at, int end) = Find(page, name);
        return page[at..end];
    }

    public static void Check(string name, string table)
    {
        string page = File.ReadAllText(s_file), now = $"\n{table}\n";
        (int at, int end) = Find(page, name);
        if (IsWritten) File.WriteAllText(s_file, page[..at] + now + page[end..]);
        else Assert.Equal(now, page[at..end]);
    }

    private static (int At, int End) Find(string page, string name)
    {
        string begin = $"<!-- generated: {name} -->\n";
        int at = page.IndexOf(begin, StringComparison.Ordinal);
        Assert.True(at >= 0, $"docs/exhaustive.md has no table '{name}'");
        at += begin.Length;
        return (at, page.IndexOf("<!-- end -->", at, StringComparison.Ordinal));
    }
}
