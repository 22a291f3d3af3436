using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Tallies;

/// <summary>Which cells have been violated. Not thread safe.</summary>
public sealed class FirstViolations
{
    private readonly HashSet<int> _violated = [];

    /// <summary>True when this is the first record of the cell that shows a violation.</summary>
    public bool Add(int cell, ShardRecord record) => record.Findings.Count > 0 && _violated.Add(cell);
}
