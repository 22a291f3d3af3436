namespace StressFarm.Farm.Tests.Watching;

/// <summary>Where this repository lies: the tests read its dashboards and its rules.</summary>
internal static class Repository
{
    public static string Folder => RepositoryRoot.Folder;

    public static string Dashboards => Path.Combine(Folder, "dashboards", "grafana");
    public static string Rules => Path.Combine(Folder, "dashboards", "prometheus", "rules");
}
