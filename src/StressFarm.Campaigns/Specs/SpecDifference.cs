namespace StressFarm.Campaigns.Specs;

/// <summary>Says how two specs differ.</summary>
internal static class SpecDifference
{
    /// <summary>The first difference, as "there 'x', asked for 'y'".</summary>
    public static string FirstLine(string stored, string asked)
    {
        string[] a = Lines(stored), b = Lines(asked);
        string? gone = a.Except(b, StringComparer.Ordinal).FirstOrDefault(), come = b.Except(a, StringComparer.Ordinal).FirstOrDefault();
        return $"there '{gone ?? "nothing more"}', asked for '{come ?? "nothing more"}'";
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
