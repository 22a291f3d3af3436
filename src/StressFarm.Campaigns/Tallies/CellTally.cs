using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Campaigns.Tallies;

/// <summary>What the folded shards of one cell add up to.</summary>
public sealed class CellTally
{
    private readonly SortedDictionary<string, ArmCount> _arms = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, RawFinding> _findings = new(StringComparer.Ordinal);

    public long Schedules { get; private set; }
    public long Steps { get; private set; }
    public long Violated => _arms.Values.Sum(a => a.Violated);
    /// <summary>Of a soak: epochs, and the head of the section's chain after the last of them.</summary>
    public long Epochs { get; private set; }
    public string Chain { get; private set; } = SoakChain.Root;
    public long Cut => _arms.Values.Sum(a => a.Cut);
    public long DeterminismChecked { get; private set; }
    public long DeterminismMismatches { get; private set; }
    /// <summary>Of a cell whose programmes are searched: what that came to; null otherwise, and before its first shard.</summary>
    public SearchCounts? Search { get; private set; }
    /// <summary>PCT's guarantee for the cell; null when its strategy has no PCT arm.</summary>
    public PctBound? Pct { get; private set; }
    /// <summary>By strategy.</summary>
    public IEnumerable<ArmCount> Arms => _arms.Values;
    /// <summary>By key, each with its lowest seed.</summary>
    public IEnumerable<RawFinding> Findings => _findings.Values;

    internal void Fold(ShardRecord record)
    {
        Schedules += record.Schedules;
        Steps += record.Steps;
        Pct ??= record.Pct;
        if (record.Search is { } search) Search = (Search ?? SearchCounts.None).With(search);
        if (record.Link is { } link) (Epochs, Chain) = (Epochs + 1, link.Chain);
        DeterminismChecked += record.DeterminismChecked;
        DeterminismMismatches += record.DeterminismMismatches;
        foreach (ArmCount arm in record.Arms)
            _arms[arm.Strategy] = _arms.TryGetValue(arm.Strategy, out ArmCount? known)
                ? new(arm.Strategy, known.Schedules + arm.Schedules, known.Steps + arm.Steps, known.Violated + arm.Violated, known.Cut + arm.Cut)
                : arm;
        foreach (RawFinding raw in record.Findings)
            _findings[raw.Key] = _findings.TryGetValue(raw.Key, out RawFinding? known)
                ? known with { LowestSeed = Math.Min(known.LowestSeed, raw.LowestSeed), Count = known.Count + raw.Count }
                : raw;
    }
}
