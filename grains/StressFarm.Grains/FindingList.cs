using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Reports;

namespace StressFarm.Grains;

/// <summary>
/// One line a signature: worked-up findings first, in the order of the report, then the violations that are still to be worked
/// up, which have no id yet.
/// </summary>
public static class FindingList
{
    /// <param name="candidates">violations so far, those that are worked up among them or not</param>
    /// <param name="reported">of a campaign that is done; its counts are those that stay</param>
    public static IReadOnlyList<FindingSummary> Of(IReadOnlyList<StoredWorkup> workups, IReadOnlyList<CandidateCount> candidates, ReportedFindings? reported, FindingQuery query)
    {
        var seen = candidates.ToDictionary(c => (c.Policy, c.Raw.Key));
        string[] In(StoredWorkup w)
        {
            CandidateCount? candidate = seen.GetValueOrDefault((w.Finding.Policy, w.Raw.Key));
            return [w.Finding.Workload, .. candidate?.Workloads ?? [], .. reported?.Workloads(w.Finding.Policy, w.Finding.Signature) ?? []];
        }
        bool Taken(StoredWorkup w, string workload) => query.Takes(w.Finding.Policy, workload, w.Finding.Invariant);

        var list = new List<FindingSummary>();
        foreach (var same in workups.GroupBy(w => w.Finding.Signature, StringComparer.Ordinal))
        {
            StoredWorkup[] asked = [.. same.Where(w => In(w).Any(workload => Taken(w, workload)))];
            if (asked.Length == 0) continue;
            var f = (asked.FirstOrDefault(w => Taken(w, w.Finding.Workload)) ?? asked[0]).Finding;
            long count = reported?.Count(f.Signature) ?? same.Sum(w => seen.GetValueOrDefault((w.Finding.Policy, w.Raw.Key))?.Count ?? w.Raw.Count);
            list.Add(new(f.Id, f.Signature, f.Invariant, f.Severity, f.Policy, f.Workload, f.Seed, f.Length, count, ReportWriter.ReplayCommand(f)) { Workloads = Sorted(asked.SelectMany(In)) });
        }
        var done = workups.Select(w => (w.Finding.Policy, w.Raw.Key)).ToHashSet();
        foreach (CandidateCount c in candidates.Where(c => !done.Contains((c.Policy, c.Raw.Key))))
        {
            IReadOnlyList<string> workloads = c.Workloads ?? [c.Workload];
            if (workloads.Any(workload => query.Takes(c.Policy, workload, c.Raw.Invariant)))
                list.Add(new("", c.Raw.Key, c.Raw.Invariant, "", c.Policy, c.Workload, c.Raw.LowestSeed, 0, c.Count, "") { Workloads = Sorted(workloads) });
        }
        return list;
    }

    private static string[] Sorted(IEnumerable<string> workloads) => [.. workloads.Distinct().Order(StringComparer.Ordinal)];
}
