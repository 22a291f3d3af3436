using System.Reflection;

namespace StressFarm.Campaigns;

/// <summary>Which build this is.</summary>
public static class BuildInfo
{
    /// <summary>Version and the first digits of the commit: "0.1.0+02e3f1612ab4".</summary>
    public static string Build { get; } = Short(
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown");

    private static string Short(string version)
    {
        const int CommitDigits = 12;
        int plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus >= 0 && version.Length > plus + 1 + CommitDigits ? version[..(plus + 1 + CommitDigits)] : version;
    }
}
