using StressFarm.Exploration.Records;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Feedback;

/// <summary>Adds up what the schedules of a shard showed for the first time, in seed order.</summary>
internal sealed class FeedbackTally(Timelines timelines)
{
    private readonly SortedDictionary<string, List<ushort>> _species = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _finders = new(StringComparer.Ordinal);
    private readonly List<(int Shown, ParentCandidate Candidate)> _candidates = [];

    /// <summary>Takes the schedule that the timelines have just seen.</summary>
    public void Add(string arm, ulong seed, ulong programmeSeed, in ScheduleResult result, IReadOnlyList<byte> choices, Violation? violation)
    {
        if (violation is not null) _finders.TryAdd(RawFinding.Of(RawSignature.Of(violation), seed).Key, arm);
        ReadOnlySpan<ushort> fresh = timelines.Fresh;
        if (fresh.IsEmpty) return;
        if (!_species.TryGetValue(arm, out List<ushort>? shown)) _species[arm] = shown = [];
        shown.AddRange(fresh);
        // What ends in a violation ends there under most changes too: it would be found again instead of something else.
        if (result.End == ScheduleEnd.Done && Place(fresh.Length) is var place && place >= 0)
            _candidates.Insert(place, (fresh.Length, new(new(seed, arm, programmeSeed, ChoiceCode.Encode(choices)), PlaceCode.Encode(fresh.ToArray()))));
        if (_candidates.Count > ShardFeedback.MostCandidates) _candidates.RemoveAt(ShardFeedback.MostCandidates);
    }

    /// <summary>The place among the candidates, those that showed most first, of two alike the earlier; -1 for none.</summary>
    private int Place(int shown)
    {
        int place = _candidates.FindIndex(c => c.Shown < shown);
        if (place >= 0) return place;
        return _candidates.Count < ShardFeedback.MostCandidates ? _candidates.Count : -1;
    }

    public ShardFeedback Close()
    {
        var arms = new SortedSet<string>(_species.Keys, StringComparer.Ordinal);
        arms.UnionWith(_finders.Values);
        return new(
            [.. arms.Select(arm => new ArmYield(arm, PlaceCode.Encode(_species.GetValueOrDefault(arm) ?? []),
                [.. _finders.Where(f => f.Value == arm).Select(f => f.Key)]))],
            [.. _candidates.Select(c => c.Candidate).OrderBy(c => c.Parent.Seed)]);
    }
}
