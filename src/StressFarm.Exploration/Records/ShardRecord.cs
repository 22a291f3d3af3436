using System.Text.Json.Serialization;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Exploration.Records;

/// <summary>What one arm of a portfolio did in a shard.</summary>
public sealed record ArmCount(string Strategy, long Schedules, long Steps, long Violated, long Cut);

/// <summary>
/// Violations of one shard that look alike: same invariant, field and operations. The occurrence with the lowest seed
/// stands for them.
/// </summary>
/// <param name="Operation">the operation that stepped when it was noticed</param>
/// <param name="Other">the operation that wrote the guilty half last; empty when nobody did</param>
public sealed record RawFinding(string Invariant, string Field, string Operation, string Other, ulong LowestSeed, long Count)
{
    /// <summary>One violation of this signature, at this seed.</summary>
    internal static RawFinding Of(RawSignature signature, ulong seed) =>
        new(signature.Invariant, signature.Field, signature.Operation, signature.Other, seed, 1);

    /// <summary>Of a soak: the section and epoch of the occurrence; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SoakPlace? Soak { get; init; }

    /// <summary>What makes two raw findings the same.</summary>
    public string Key => $"{Invariant}|{Field}|{Operation}|{Other}";
}

/// <summary>
/// The record of one shard: a pure function of (model version, cell, first seed, count), and of its generation's input where
/// the strategy is feedback. Two executions anywhere give equal
/// records; a different digest for the same shard is a defect.
/// </summary>
/// <param name="Digest">hash of the schedules' digests in seed order, and of <see cref="Feedback"/> where there is one</param>
/// <param name="Arms">sorted by strategy</param>
/// <param name="Findings">sorted by <see cref="RawFinding.Key"/></param>
/// <param name="DeterminismChecked">schedules that were run twice</param>
/// <param name="DeterminismMismatches">of those, how many gave another digest: must be 0</param>
public sealed record ShardRecord(
    ulong Digest, long Schedules, long Steps, IReadOnlyList<ArmCount> Arms, IReadOnlyList<RawFinding> Findings,
    long DeterminismChecked, long DeterminismMismatches)
{
    /// <summary>PCT's guarantee for the cell, when its strategy has a PCT arm: with that arm's schedules, <see cref="PctBound.Of"/>.</summary>
    public PctBound? Pct { get; init; }

    /// <summary>Of a soak's epoch: the head of the section's chain after it, and the hash of the memory it left; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SoakLink? Link { get; init; }

    /// <summary>What came of the canary that rode along; null, and then not in the JSON, where none did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CanaryRecord? Canary { get; init; }

    /// <summary>What two executions of the shard must have in common: the digest, of an epoch its link, and what came of the canary.</summary>
    [JsonIgnore]
    public ulong Fingerprint
    {
        get
        {
            ulong print = Link is null ? Digest
                : Pcg.Mix(Digest ^ ulong.Parse(Link.Chain.AsSpan(0, 16), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture));
            return Canary is null ? print : Pcg.Mix(print ^ Canary.Hash());
        }
    }

    /// <summary>Of a shard of programmes that are searched: what that came to; null, and then not in the JSON, otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SearchCounts? Search { get; init; }

    /// <summary>What later generations build on; null, and then not in the JSON, unless the strategy is feedback.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ShardFeedback? Feedback { get; init; }
}
