using System.Text.Json.Serialization;
using StressFarm.Exploration.Records;

namespace StressFarm.Exploration.Evidence;

/// <summary>
/// A violation worked up: signature, shrunk schedule, evidence. Canonical: a function of the cell and the seed alone.
/// </summary>
/// <param name="Id">"F-" and the first six hex digits of the signature's hash with the policy and workload</param>
/// <param name="Signature">invariant + field + operation pair + the policy dimension that silences it</param>
/// <param name="Silencer">the first dimension, in the spec's order and spelling ("CMP"), whose control value silences the replay; "bug" for a planted one; "" when none does</param>
/// <param name="Length">steps of the shrunk schedule after set-up; of the set-up when the violation is there</param>
/// <param name="Switches">context switches of the shrunk schedule</param>
/// <param name="Reliability">of ten replays, how many gave the signature</param>
/// <param name="Columns">the CPU columns, one line a row</param>
/// <param name="GuiltyWord">the field with its place, expected, found, last writers, one line each</param>
/// <param name="Token">the self-contained replay token</param>
public sealed record Finding(
    string Id, string Signature, string Invariant, string Severity, string Field, string Operation, string Other, string Silencer,
    string Policy, string Workload, string Strategy, ulong Seed, int Length, int Switches, int Reliability,
    string Sentence, string? KernelSays, IReadOnlyList<string> Columns, IReadOnlyList<string> GuiltyWord, string Token)
{
    /// <summary>The schedule as the CPU0/CPU1 block of a kernel changelog, under 75 columns.</summary>
    public IReadOnlyList<string> MailBlock { get; init; } = [];

    /// <summary>Where the memory comes from that it needs to start on; null when it recurs from pristine memory.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SoakPlace? History { get; init; }

    /// <summary>The violation came again at its own seed. Where it did not the simulator has a defect, and there is nothing to replay.</summary>
    [JsonIgnore]
    public bool Recurred => Token.Length > 0;

    /// <summary>A search found it: its seed is the number of a programme, or of a part of one.</summary>
    [JsonIgnore]
    public bool IsOfSearch => Strategy == SearchTerms.StrategyId;

    /// <summary>What is said of a finding that needs its history; null for the others.</summary>
    public string? HistorySentence() => History is { } place
        ? FormattableString.Invariant($"needs the section's history: epoch {place.Epoch} of section {place.Section}; the replay token holds the memory it starts on") : null;

    /// <summary>What silences it, as words.</summary>
    public string SilencedBy() => Silencer switch
    {
        "" => "silenced by no single dimension's control value",
        Shrinking.Silencer.Bug => "silenced without the planted bug",
        _ => $"silenced by control's value of {Silencer}",
    };
}
