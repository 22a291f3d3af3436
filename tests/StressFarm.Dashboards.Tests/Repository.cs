namespace StressFarm.Dashboards.Tests;

/// <summary>The files under test, as they lie in the repository.</summary>
internal static class Repository
{
    private static string Root => RepositoryRoot.Folder;

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    public static string Read(params string[] parts) => File.ReadAllText(Path(parts));

    public static IReadOnlyList<string> Files(string pattern, params string[] folder) =>
        [.. Directory.GetFiles(Path(folder), pattern).Order(StringComparer.Ordinal)];
}
