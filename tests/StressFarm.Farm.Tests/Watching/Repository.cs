namespace StressFarm.Farm.Tests.Watching;

/// <summary>Where this repository lies: the tests read its dashboards and its rules.</summary>
internal static class Repository
{
    public static string Folder { get; } = Find();

    public static string Dashboards => Path.Combine(Folder, "dashboards", "grafana");
    public static string Rules => Path.Combine(Folder, "dashboards", "prometheus", "rules");

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "StressFarm.sln"))) return folder.FullName;
        throw new InvalidOperationException("the tests do not lie in the repository");
    }
}
