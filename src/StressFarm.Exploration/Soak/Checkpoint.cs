using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StressFarm.Exploration.Records;

namespace StressFarm.Exploration.Soak;

/// <summary>A section after an epoch: all that its next epoch depends on.</summary>
/// <param name="State">the memory, compressed</param>
/// <param name="StateHash">SHA-256 of the memory's canonical bytes, hex</param>
/// <param name="Chain">head of the section's chain after the epoch, hex</param>
public sealed record Checkpoint(int Section, long Epoch, byte[] State, string StateHash, string Chain);

/// <summary>
/// The chain of a section: each epoch's link is a hash over the link before it, what was run, what came of it and the memory that
/// was left. A link that fits proves that nothing before it was left out, repeated or altered.
/// </summary>
public static class SoakChain
{
    /// <summary>What stands before the first epoch.</summary>
    public const string Root = "";

    /// <summary>The chain's head after an epoch.</summary>
    /// <param name="before">the head before it; <see cref="Root"/> at the first one</param>
    /// <param name="record">what came of it; its own link is not looked at</param>
    public static string Link(string before, SoakSection section, long epoch, ShardRecord record, string stateHash)
    {
        var text = new StringBuilder();
        Line(text, "before", before);
        Line(text, "cell", section.Cell.Key);
        Line(text, "section", Invariant($"{section.Number} from {section.FirstSeed} by {section.Schedules}"));
        Line(text, "epoch", Invariant($"{epoch}"));
        Line(text, "digest", Invariant($"{record.Digest:x16}"));
        Line(text, "counts", Invariant($"{record.Schedules} {record.Steps} {record.DeterminismChecked} {record.DeterminismMismatches}"));
        foreach (ArmCount arm in record.Arms) Line(text, "arm", Invariant($"{arm.Strategy} {arm.Schedules} {arm.Steps} {arm.Violated} {arm.Cut}"));
        foreach (RawFinding raw in record.Findings) Line(text, "finding", Invariant($"{raw.LowestSeed} {raw.Count} {raw.Soak?.Section} {raw.Soak?.Epoch} {raw.Key}"));
        Line(text, "state", stateHash);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Its length before each value: no two records have one text.</summary>
    private static void Line(StringBuilder text, string key, string value) =>
        text.Append(CultureInfo.InvariantCulture, $"{key} {value.Length}: {value}\n");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
