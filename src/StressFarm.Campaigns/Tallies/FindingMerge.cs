using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Tallies;

/// <summary>
/// A violation to be worked up: of those that look alike under one design the occurrence lowest in (cell, seed), or in
/// (generation, cell, seed) where there are generations.
/// </summary>
/// <param name="Count">how many schedules of the design violated it this way</param>
public sealed record Candidate(PlannedCell Cell, RawFinding Raw, long Count);

/// <summary>A finding of the campaign.</summary>
/// <param name="Cell">index of the cell it was shrunk from</param>
/// <param name="Count">schedules, over all cells, that violated it</param>
/// <param name="Policies">the designs it was seen under, in the table's order</param>
public sealed record CampaignFinding(Finding Finding, int Cell, long Count, IReadOnlyList<string> Policies);

/// <summary>
/// From raw findings to findings. The same invariant, field and operations may be broken for another reason under another
/// design (the signature's last part says which), so likeness ends at the design until the signature is known.
/// </summary>
public static class FindingMerge
{
    /// <summary>What to work up, in the order of (generation, cell, seed).</summary>
    public static IReadOnlyList<Candidate> Candidates(CampaignTally tally)
    {
        long GenerationOf(RawFinding raw) => tally.Plan.GenerationOf(raw.LowestSeed);

        var lowest = new Dictionary<(string, string), Candidate>();
        foreach (PlannedCell cell in tally.Plan.Cells)
            foreach (RawFinding raw in tally.Cells[cell.Index].Findings)
            {
                var key = (cell.Policy.Name, raw.Key);
                long count = raw.Count + (lowest.TryGetValue(key, out Candidate? known) ? known.Count : 0);
                lowest[key] = known is null || GenerationOf(raw) < GenerationOf(known.Raw)
                    ? new Candidate(cell, raw, count)
                    : known with { Count = count };
            }
        return [.. lowest.Values.OrderBy(c => GenerationOf(c.Raw)).ThenBy(c => c.Cell.Index).ThenBy(c => c.Raw.LowestSeed).ThenBy(c => c.Raw.Key, StringComparer.Ordinal)];
    }

    /// <summary>The workloads that each was seen in, by design and key: a candidate has the workload of its lowest cell alone.</summary>
    public static IReadOnlyDictionary<(string Policy, string Key), IReadOnlyList<string>> Workloads(CampaignTally tally) =>
        tally.Plan.Cells.SelectMany(cell => tally.Cells[cell.Index].Findings.Select(raw => (Seen: (cell.Policy.Name, raw.Key), cell.Workload.Id)))
            .GroupBy(s => s.Seen).ToDictionary(same => same.Key, same => (IReadOnlyList<string>)[.. same.Select(s => s.Id).Distinct()]);

    /// <summary>One finding per signature, the first in the order of the candidates standing for it; in that order.</summary>
    public static IReadOnlyList<CampaignFinding> Merge(IReadOnlyList<(Candidate Candidate, Finding Finding)> workedUp)
    {
        var merged = new List<CampaignFinding>();
        foreach (var same in workedUp.GroupBy(w => w.Finding.Signature, StringComparer.Ordinal))
        {
            var (candidate, finding) = same.First();
            merged.Add(new(finding, candidate.Cell.Index,
                same.Sum(s => s.Candidate.Count), [.. same.Select(s => s.Candidate.Cell.Policy.Name).Distinct()]));
        }
        return merged;
    }

    /// <summary>For each cell the finding of its lowest violating seed, or null: what the verdict table names.</summary>
    public static IReadOnlyList<string?> FirstPerCell(
        CampaignTally tally, IReadOnlyList<(Candidate Candidate, Finding Finding)> workedUp, IReadOnlyList<CampaignFinding> findings)
    {
        var signature = workedUp.ToDictionary(w => (w.Candidate.Cell.Policy.Name, w.Candidate.Raw.Key), w => w.Finding.Signature);
        var id = findings.ToDictionary(f => f.Finding.Signature, f => f.Finding.Id, StringComparer.Ordinal);
        return [.. tally.Plan.Cells.Select(cell =>
            tally.Cells[cell.Index].Findings.MinBy(raw => (raw.LowestSeed, raw.Key)) is { } first
                ? id[signature[(cell.Policy.Name, first.Key)]] : null)];
    }
}
