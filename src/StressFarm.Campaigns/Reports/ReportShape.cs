using System.Text.Json.Serialization;
using StressFarm.Campaigns.Specs;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Reports;

/// <summary><c>report.json</c>, key by key, in the order that the keys are written in.</summary>
public sealed record ReportShape(
    string ModelVersion, SpecShape Spec, ulong Seed, string Digest, long Shards, long Schedules, long Steps, DeterminismShape Determinism,
    CanariesShape Canaries, IReadOnlyList<CellShape> Cells, IReadOnlyList<FindingShape> Findings)
{
    public static ReportShape Of(CampaignReport report) => new(
        report.Model, SpecShape.Of(report.Spec), report.Spec.FirstSeed, DigestText.Hex(report.Digest), report.Shards, report.Schedules, report.Steps,
        new(report.DeterminismChecked, report.DeterminismMismatches), CanariesShape.Of(report.Canaries),
        [.. report.Cells.Select(CellShape.Of)], [.. report.Findings.Select(FindingShape.Of)]);
}

/// <summary>The campaign that a report is of.</summary>
/// <param name="Text">the lines of <see cref="CampaignSpec.Canonical"/></param>
public sealed record SpecShape(string Hash, IReadOnlyList<string> Text)
{
    public static SpecShape Of(CampaignSpec spec) => new(spec.Hash, spec.Canonical.Split('\n', StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>Schedules that were run twice.</summary>
public sealed record DeterminismShape(long Checked, long Mismatches);

/// <summary>The canaries of a report, as report.json and the command's JSON have them.</summary>
public sealed record CanariesShape(long Planted, long Caught, IReadOnlyList<CanaryCount> Each)
{
    public static CanariesShape Of(CanarySummary canaries) => new(canaries.Counts.Planted, canaries.Counts.Caught, canaries.Each);
}

/// <summary>What a cell is and how it stands, as report.json and the command's JSON have it.</summary>
/// <param name="Section">of a soak, as <paramref name="Epochs"/> and <paramref name="Chain"/></param>
/// <param name="Search">where programmes were searched</param>
public record CellHead(
    string Policy, string Workload, string Strategy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Section,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Epochs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Chain,
    string Verdict, long Schedules, long Steps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SearchShape? Search)
{
    public static CellHead Of(CellReport cell) => new(
        cell.Policy, cell.Workload, cell.Strategy, cell.Soak?.Section, cell.Soak?.Epochs, cell.Soak?.Chain, Verdicts.Name(cell.Verdict), cell.Schedules, cell.Steps,
        cell.Search is null ? null : SearchShape.Of(cell.Search));
}

/// <summary>A cell of report.json. What a type inherits would be written last: hence the orders.</summary>
public sealed record CellShape : CellHead
{
    private CellShape(CellHead head) : base(head) { }

    [JsonPropertyOrder(1)] public required long Violated { get; init; }
    [JsonPropertyOrder(1)] public required long Cut { get; init; }
    [JsonPropertyOrder(1)] public required string? FirstFinding { get; init; }
    [JsonPropertyOrder(1)] public required IReadOnlyList<ArmShape> Arms { get; init; }
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Species { get; init; }
    [JsonPropertyOrder(1)] public required IReadOnlyList<string> Bounds { get; init; }

    public static new CellShape Of(CellReport cell) => new(CellHead.Of(cell))
    {
        Violated = cell.Violated,
        Cut = cell.Cut,
        FirstFinding = cell.FirstFinding,
        Arms = [.. cell.Arms.Select(arm => new ArmShape(arm.Strategy, arm.Schedules, arm.Steps, arm.Violated, arm.Cut, cell.Timelines?.FirstBy.First(f => f.Arm == arm.Strategy).Species))],
        Species = cell.Timelines?.Species,
        Bounds = cell.Bounds,
    };
}

/// <summary>What the searches of a cell came to.</summary>
/// <param name="Searched">programme, or part</param>
public sealed record SearchShape(
    string Searched, long Asked, long StateLimit, long Exhausted, long Violated, long Unfinished, long States, long Transitions, long FinalStates, long MostStates, double CollisionProbability,
    IReadOnlyList<string> Invariants)
{
    public static SearchShape Of(SearchReport search)
    {
        SearchCounts c = search.Counts;
        return new(search.Thing, search.Asked, search.StateLimit, c.Exhausted, c.Violated, c.Unfinished, c.States, c.Transitions, c.FinalStates, c.MostStates, search.CollisionProbability, search.Invariants);
    }
}

/// <summary>An arm of a cell.</summary>
/// <param name="NewSpecies">of timelines, that it showed first; null unless the strategy is feedback</param>
public sealed record ArmShape(
    string Strategy, long Schedules, long Steps, long Violated, long Cut,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? NewSpecies);

/// <summary>A finding of report.json.</summary>
/// <param name="KernelSays">null is written too: nothing is said</param>
public sealed record FindingShape(
    string Id, string Signature, string Invariant, string Severity, string Field, string Operation, string Other, string Silencer,
    string Policy, string Workload, string Strategy, ulong Seed, long Occurrences, IReadOnlyList<string> Policies, int Length, int Switches,
    int Reliability, string Sentence, string? KernelSays,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? History,
    IReadOnlyList<string> Columns, IReadOnlyList<string> GuiltyWord, string Replay)
{
    public static FindingShape Of(CampaignFinding found)
    {
        Finding f = found.Finding;
        return new(f.Id, f.Signature, f.Invariant, f.Severity, f.Field, f.Operation, f.Other, f.Silencer, f.Policy, f.Workload, f.Strategy, f.Seed, found.Count, found.Policies,
            f.Length, f.Switches, f.Reliability, f.Sentence, f.KernelSays, f.HistorySentence(), f.Columns, f.GuiltyWord, ReportWriter.ReplayCommand(f));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(ReportShape))]
internal sealed partial class ReportJson : JsonSerializerContext;
