using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Soak;

/// <summary>What whoever runs a soak remembers of each section: its chain's head, and what it has shown so far. Not thread safe.</summary>
public sealed class SoakHeads
{
    private readonly Dictionary<int, (long Epoch, string Chain)> _heads = [];
    private readonly HashSet<(int Cell, string Key)> _shown = [];

    /// <summary>An epoch is done, in the order of its section. True when it showed something that no epoch of the section did before.</summary>
    public bool Add(int cell, long epoch, ShardRecord record)
    {
        _heads[cell] = (epoch, record.Link?.Chain ?? SoakChain.Root);
        bool news = false;
        foreach (RawFinding raw in record.Findings) news |= _shown.Add((cell, raw.Key));
        return news;
    }

    /// <summary>The chain's head after an epoch; null unless that is the section's last.</summary>
    public string? At(int cell, long epoch) => _heads.TryGetValue(cell, out var head) && head.Epoch == epoch ? head.Chain : null;
}
