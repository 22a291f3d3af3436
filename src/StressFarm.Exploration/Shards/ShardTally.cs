using StressFarm.Exploration.Records;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Exploration.Shards;

/// <summary>Adds a shard's schedules up, in seed order, into its record.</summary>
/// <param name="place">the epoch of a soak, or null</param>
internal sealed class ShardTally(SoakPlace? place = null)
{
    private sealed class Arm
    {
        public long Schedules, Steps, Violated, Cut;
    }

    private readonly SortedDictionary<string, Arm> _arms = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, RawFinding> _findings = new(StringComparer.Ordinal);
    private ulong _digest;
    private long _schedules, _steps, _checked, _mismatches;

    public void Add(string arm, ulong seed, in ScheduleResult result, Violation? violation)
    {
        if (!_arms.TryGetValue(arm, out Arm? counts)) _arms[arm] = counts = new Arm();
        _digest = Pcg.Mix(_digest ^ result.Digest);
        _schedules++;
        _steps += result.Steps;
        counts.Schedules++;
        counts.Steps += result.Steps;
        if (result.End == ScheduleEnd.Cut) counts.Cut++;
        if (violation is null) return;
        counts.Violated++;
        RawFinding raw = RawFinding.Of(RawSignature.Of(violation), seed) with { Soak = place };
        _findings[raw.Key] = _findings.TryGetValue(raw.Key, out RawFinding? known) ? known with { Count = known.Count + 1 } : raw;
    }

    public void Checked(bool same)
    {
        _checked++;
        if (!same) _mismatches++;
    }

    /// <summary>As many schedules were run twice, all the same or not.</summary>
    public void Checked(int schedules, bool same)
    {
        _checked += schedules;
        if (!same) _mismatches += schedules;
    }

    /// <summary>Whether another execution of the same schedules came to the same.</summary>
    public bool Equal(ShardTally other) => (_digest, _schedules, _steps) == (other._digest, other._schedules, other._steps)
        && _findings.Values.SequenceEqual(other._findings.Values);

    public ShardRecord Close(PctBound? pct, ShardFeedback? feedback) => new(
        feedback is null ? _digest : Pcg.Mix(_digest ^ feedback.Hash()), _schedules, _steps,
        [.. _arms.Select(a => new ArmCount(a.Key, a.Value.Schedules, a.Value.Steps, a.Value.Violated, a.Value.Cut))],
        [.. _findings.Values], _checked, _mismatches)
    { Pct = pct, Feedback = feedback };
}
