using StressFarm.Exploration.Records;

namespace StressFarm.Exploration.Exhaustive;

/// <summary>Adds a shard's searches up, in their order, into its record. What a schedule is to other shards, a programme is to this one; a transition, a step.</summary>
internal sealed class SearchTally
{
    private readonly SortedDictionary<string, RawFinding> _findings = new(StringComparer.Ordinal);
    private SearchCounts _counts = SearchCounts.None;
    private ulong _digest;
    private long _checked, _mismatches;

    public void Add(int number, SearchSum sum)
    {
        _digest = Pcg.Mix(_digest ^ sum.Digest);
        _counts = _counts.With(sum.Counts);
        foreach (SeenFlaw flaw in sum.Flaws.Values)
        {
            RawFinding raw = RawFinding.Of(flaw.Signature, (ulong)number);
            _findings[raw.Key] = _findings.TryGetValue(raw.Key, out RawFinding? known) ? known with { Count = known.Count + 1 } : raw;
        }
    }

    public void Checked(bool same)
    {
        _checked++;
        if (!same) _mismatches++;
    }

    public ShardRecord Close() => new(
        _digest, _counts.Programmes, _counts.Transitions,
        [new ArmCount(SearchTerms.StrategyId, _counts.Programmes, _counts.Transitions, _counts.Violated, _counts.Unfinished)],
        [.. _findings.Values], _checked, _mismatches)
    { Search = _counts };
}
