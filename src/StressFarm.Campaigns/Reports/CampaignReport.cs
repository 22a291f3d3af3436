using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Specs;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Reports;

/// <summary>What a cell's schedules showed of its timelines (<see cref="Timelines"/>).</summary>
/// <param name="Species">in all</param>
/// <param name="FirstBy">of these, how many each arm showed first; sorted by arm</param>
public sealed record CellTimelines(int Species, IReadOnlyList<(string Arm, long Species)> FirstBy);

/// <summary>A cell's line of the report.</summary>
/// <param name="FirstFinding">the finding of the cell's lowest violating seed, or null</param>
/// <param name="Bounds">what is known when nothing was violated, one sentence each</param>
public sealed record CellReport(
    string Policy, string Workload, string Strategy, Verdict Verdict, long Schedules, long Steps, long Violated, long Cut,
    string? FirstFinding, IReadOnlyList<ArmCount> Arms, IReadOnlyList<string> Bounds)
{
    /// <summary>Of a soak: which section it is and how far its chain reaches; null otherwise.</summary>
    public SoakReport? Soak { get; init; }
    /// <summary>Of a cell whose programmes were searched: what that came to; null otherwise.</summary>
    public SearchReport? Search { get; init; }
    /// <summary>Null unless the strategy is feedback.</summary>
    public CellTimelines? Timelines { get; init; }
}

/// <summary>A section's part of its cell's line.</summary>
/// <param name="Chain">head of the chain, hex; empty when no epoch was done</param>
public sealed record SoakReport(int Section, long Epochs, string Chain);

/// <summary>What a campaign came to: a function of the spec and of how long a prefix of its shards was done.</summary>
public sealed record CampaignReport(
    CampaignSpec Spec, string Model, ulong Digest, long Shards, long Schedules, long Steps,
    long DeterminismChecked, long DeterminismMismatches, IReadOnlyList<CellReport> Cells, IReadOnlyList<CampaignFinding> Findings)
{
    /// <summary>What the canaries say about the detector; none in the reports of builds without them.</summary>
    public CanarySummary Canaries { get; init; } = CanarySummary.None;

    public bool AnyViolated => Cells.Any(c => c.Verdict == Verdict.Violated);
    public bool AnyInconclusive => Cells.Any(c => c.Verdict == Verdict.Inconclusive);

    /// <summary>Draws the report up.</summary>
    public static CampaignReport Of(CampaignTally tally, IReadOnlyList<(Candidate Candidate, Finding Finding)> workedUp)
    {
        IReadOnlyList<CampaignFinding> findings = FindingMerge.Merge(workedUp);
        IReadOnlyList<string?> first = FindingMerge.FirstPerCell(tally, workedUp, findings);
        var cells = new List<CellReport>();
        foreach (PlannedCell cell in tally.Plan.Cells)
        {
            CellTally t = tally.Cells[cell.Index];
            Verdict verdict = Verdicts.Of(t, tally.Plan.AskedOf(cell));
            SearchReport? search = cell.Cell.Search is { } terms ? SearchReport.Of(cell, terms, t) : null;
            IReadOnlyList<string> bounds = search is not null ? search.Bounds(cell) : t.Violated > 0 ? [] : cell.Section is null ? Verdicts.Bounds(t) : Verdicts.SoakBounds(t);
            cells.Add(new(cell.Policy.Name, cell.Workload.Id, tally.Plan.Spec.Strategy, verdict, t.Schedules, t.Steps, t.Violated, t.Cut,
                first[cell.Index], [.. t.Arms], bounds)
            {
                Soak = cell.Section is { } section ? new(section.Number, t.Epochs, t.Chain) : null,
                Search = search,
                Timelines = tally.CorpusOf(cell.Index) is { } corpus
                    ? new(corpus.Species, [.. t.Arms.Select(a => (a.Strategy, corpus.SpeciesByArm.GetValueOrDefault(a.Strategy)))]) : null,
            });
        }
        return new(tally.Plan.Spec, ModelVersion.Current, tally.Digest, tally.Prefix, tally.Schedules, tally.Steps,
            tally.Cells.Sum(c => c.DeterminismChecked), tally.Cells.Sum(c => c.DeterminismMismatches), cells, findings)
        { Canaries = tally.Canaries.Summary };
    }
}
