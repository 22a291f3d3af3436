using StressFarm.Exploration;

namespace StressFarm.Campaigns.Specs;

/// <summary>A design under the name that tables and reports give it.</summary>
/// <param name="Name">see <see cref="PolicyName"/></param>
public sealed record PolicyChoice(string Name, Policy Policy)
{
    /// <summary>Names a design, and plants <paramref name="bug"/> in it when there is one.</summary>
    public static PolicyChoice Of(Policy policy, KnownBug? bug = null)
    {
        Policy design = bug is null ? policy : bug.Plant(policy);
        return new(PolicyName.Of(design), design);
    }

    /// <summary>The place in tables: presets in their own order, then the others by name.</summary>
    internal static int Compare(PolicyChoice a, PolicyChoice b)
    {
        int byRank = Rank(a).CompareTo(Rank(b));
        return byRank != 0 ? byRank : string.CompareOrdinal(a.Name, b.Name);
    }

    private static int Rank(PolicyChoice choice)
    {
        string preset = choice.Name.Split('+')[0];
        for (int i = 0; i < Presets.All.Count; i++)
            if (Presets.All[i].Id == preset) return i;
        return Presets.All.Count;
    }
}
