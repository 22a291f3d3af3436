using System.Globalization;

namespace StressFarm.Campaigns.Specs;

/// <summary>Refuses shape parameters that no workload of the campaign draws, and values out of what it can draw.</summary>
internal static class ShapeCheck
{
    /// <summary>Programmes composed to learn the names: a rare parameter may not be drawn in each.</summary>
    private const ulong Sample = 64;

    public static void Parameters(CampaignSpec spec, IReadOnlyList<UserValue> set)
    {
        if (set.Count == 0) return;
        Dictionary<string, bool> fits = Drawn(spec);
        foreach (UserValue given in set)
        {
            string name = given.Text[..given.Text.IndexOf('=')].Trim();
            if (!fits.TryGetValue(name, out bool fit))
                throw given.Wrong($"no workload here draws a parameter '{name}'; they draw {string.Join(", ", fits.Keys.Order(StringComparer.Ordinal))}");
            if (!fit)
                throw given.Wrong(string.Create(CultureInfo.InvariantCulture, $"'{name}' cannot be {spec.Parameters[name]} in any workload here"));
        }
    }

    /// <summary>Every name drawn, and whether any workload takes the fixed value as it is.</summary>
    private static Dictionary<string, bool> Drawn(CampaignSpec spec)
    {
        var fits = new Dictionary<string, bool>(StringComparer.Ordinal);
        var programme = new Programme();
        foreach (Workload workload in spec.Workloads)
            for (ulong seed = 0; seed < Sample; seed++)
            {
                programme.Compose(workload, spec.Geometry, seed, spec.Parameters);
                foreach (var (name, value) in programme.Shape.Parameters)
                {
                    bool fit = !spec.Parameters.TryGetValue(name, out int given) || given == value;
                    fits[name] = fit | (fits.TryGetValue(name, out bool before) && before);
                }
            }
        return fits;
    }
}
