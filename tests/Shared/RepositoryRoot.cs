namespace StressFarm;

/// <summary>Where the repository lies that the tests were built in: documents, golden files and sources are read there.</summary>
internal static class RepositoryRoot
{
    public static string Folder { get; } = Find();

    private static string Find()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "StressFarm.sln"))) at = Path.GetDirectoryName(at);
        return at ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
