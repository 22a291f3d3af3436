using System.Globalization;
using System.Text.Json.Serialization;
using StressFarm.Exploration.Canaries;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Tallies;

/// <summary>Canaries planted and caught.</summary>
public readonly record struct CanaryCounts(long Planted, long Caught)
{
    /// <summary>"canaries 12 of 12 caught": what stands wherever nothing violated is said.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"canaries {Caught} of {Planted} caught");
}

/// <summary>One canary of the list over a campaign.</summary>
/// <param name="Kind">known-bug or mutant</param>
/// <param name="Planted">how often the plan sent it</param>
/// <param name="Absent">of those, how often no record came back of it</param>
/// <param name="Schedules">that were run for it</param>
public sealed record CanaryCount(string Id, string Kind, long Planted, long Caught, long Absent, long Schedules, long Steps)
{
    [JsonIgnore]
    public long Missed => Planted - Caught;
}

/// <summary>What the canaries of a campaign say about its detector.</summary>
/// <param name="Each">by id</param>
public sealed record CanarySummary(IReadOnlyList<CanaryCount> Each)
{
    public static CanarySummary None { get; } = new([]);

    public CanaryCounts Counts => new(Each.Sum(c => c.Planted), Each.Sum(c => c.Caught));
    /// <summary>Something was missed: no verdict is to be trusted.</summary>
    public bool Blind => Each.Any(c => c.Missed > 0);

    /// <summary>A line for each canary that was missed.</summary>
    public IEnumerable<string> Complaints()
    {
        foreach (CanaryCount c in Each.Where(c => c.Missed > 0))
            yield return c.Missed > c.Absent
                ? string.Create(CultureInfo.InvariantCulture, $"canary {c.Id} missed: the detector is blind ({c.Missed} of {c.Planted} not caught)")
                : string.Create(CultureInfo.InvariantCulture, $"canary {c.Id} missed: {c.Absent} of {c.Planted} left no record, as a build without canaries leaves none");
    }
}

/// <summary>Adds canaries up. Not thread safe.</summary>
public sealed class CanaryTally
{
    private readonly SortedDictionary<string, CanaryCount> _each = new(StringComparer.Ordinal);
    private CanarySummary? _summary = CanarySummary.None;

    public CanarySummary Summary => _summary ??= new([.. _each.Values]);

    /// <param name="record">of the shard that it rode along with; null, or another canary's, where it did not</param>
    internal void Fold(CanaryOrder order, CanaryRecord? record)
    {
        Canary canary = order.Canary;
        CanaryCount known = _each.GetValueOrDefault(canary.Id) ?? new(canary.Id, canary.KindName, 0, 0, 0, 0, 0);
        known = known with { Planted = known.Planted + 1 };
        _each[canary.Id] = record is null || record.Id != canary.Id ? known with { Absent = known.Absent + 1 } : known with
        {
            Caught = known.Caught + (record.Caught ? 1 : 0),
            Schedules = known.Schedules + record.Schedules,
            Steps = known.Steps + record.Steps,
        };
        _summary = null;
    }
}
