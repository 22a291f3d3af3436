using System.Text.Json.Serialization;
using StressFarm.Campaigns.Reports;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Output;

/// <summary>A finding among others.</summary>
/// <param name="Replay">the command that repeats it</param>
internal record FindingBrief(string Id, string Signature, string Invariant, string Field, string Policy, string Workload, ulong Seed, int Length, string Replay)
{
    public static FindingBrief Of(Finding f) => new(f.Id, f.Signature, f.Invariant, f.Field, f.Policy, f.Workload, f.Seed, f.Length, ReportWriter.ReplayCommand(f));
}

/// <summary>A finding in full. What a type inherits would be written last: hence the orders.</summary>
internal sealed record FindingFull : FindingBrief
{
    private FindingFull(FindingBrief brief) : base(brief) { }

    [JsonPropertyOrder(1)] public required string Severity { get; init; }
    [JsonPropertyOrder(1)] public required string Strategy { get; init; }
    [JsonPropertyOrder(1)] public required string Silencer { get; init; }
    [JsonPropertyOrder(1)] public required int Switches { get; init; }
    [JsonPropertyOrder(1)] public required int Reliability { get; init; }
    [JsonPropertyOrder(1)] public required string Sentence { get; init; }
    /// <summary>Null is written too: nothing is said.</summary>
    [JsonPropertyOrder(1)] public required string? KernelSays { get; init; }
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public required string? History { get; init; }
    [JsonPropertyOrder(1)] public required IReadOnlyList<string> Columns { get; init; }
    [JsonPropertyOrder(1)] public required IReadOnlyList<string> GuiltyWord { get; init; }
    [JsonPropertyOrder(1)] public required IReadOnlyList<string> MailBlock { get; init; }

    public static new FindingFull Of(Finding f) => new(FindingBrief.Of(f))
    {
        Severity = f.Severity,
        Strategy = f.Strategy,
        Silencer = f.Silencer,
        Switches = f.Switches,
        Reliability = f.Reliability,
        Sentence = f.Sentence,
        KernelSays = f.KernelSays,
        History = f.HistorySentence(),
        Columns = f.Columns,
        GuiltyWord = f.GuiltyWord,
        MailBlock = f.MailBlock,
    };
}
