using System.Globalization;
using System.Text.Json.Serialization;

namespace StressFarm.Exploration.Records;

/// <summary>What came of a canary: a pure function of (model version, campaign's first seed, number of the canary, planted or not).</summary>
/// <param name="Kind">known-bug or mutant</param>
/// <param name="Schedules">that were run: no more once it is caught</param>
/// <param name="CaughtAt">the schedule at which an invariant fired that must catch it, from 1 on; null when none did</param>
/// <param name="Other">something else was noticed before</param>
public sealed record CanaryRecord(string Id, string Kind, int Schedules, long Steps, int? CaughtAt, bool Other)
{
    [JsonIgnore]
    public bool Caught => CaughtAt is not null;

    internal ulong Hash() =>
        StableHash.Of(string.Create(CultureInfo.InvariantCulture, $"{Id}|{Kind}|{Schedules}|{Steps}|{CaughtAt}|{Other}"));
}
