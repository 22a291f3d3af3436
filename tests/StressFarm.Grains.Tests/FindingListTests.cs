using System.Text;

namespace StressFarm.Grains.Tests;

/// <summary>Which findings a list has, and what it says of them.</summary>
public class FindingListTests
{
    private static RawFinding Raw(string operation) => new("I12b", "_refcount", operation, "", 7, 10);

    private static StoredWorkup Workup(string policy, string workload, string operation, string signature) => new(0, Raw(operation), new(
        $"F-{signature}", signature, "I12b", "Wrong", "_refcount", operation, "", "", policy, workload, "random", 7, 3, 2, 10, "", "", [], [], "token"));

    private static CandidateCount Candidate(string policy, string workload, string operation, long count, params string[] workloads) =>
        new(0, policy, workload, Raw(operation), count) { Workloads = workloads.Length > 0 ? workloads : null };

    /// <summary>Two designs on two workloads: one finding of both, that was the first everywhere but in no-reinit x mixed, and one of no-reinit.</summary>
    private static readonly ReportedFindings s_report = ReportedFindings.Of(Encoding.UTF8.GetBytes("""
        {"cells": [
          {"policy": "control", "workload": "gup-pin", "firstFinding": "F-1"}, {"policy": "control", "workload": "mixed", "firstFinding": null},
          {"policy": "no-reinit", "workload": "gup-pin", "firstFinding": "F-1"}, {"policy": "no-reinit", "workload": "mixed", "firstFinding": "F-2"}],
         "findings": [
          {"id": "F-1", "signature": "one", "invariant": "I12b", "occurrences": 500, "policies": ["control", "no-reinit"]},
          {"id": "F-2", "signature": "two", "invariant": "I12b", "occurrences": 40, "policies": ["no-reinit"]}]}
        """));

    private static readonly StoredWorkup[] s_workups =
        [Workup("control", "gup-pin", "zap", "one"), Workup("no-reinit", "gup-pin", "zap", "one"), Workup("no-reinit", "mixed", "free", "two")];

    [Theory]
    [InlineData(null, null, "one two")]
    [InlineData("control", null, "one")]
    [InlineData("no-reinit", "gup-pin", "one")]
    [InlineData("no-reinit", "mixed", "one two")]
    [InlineData("control", "mixed", "")]
    [InlineData(null, "mixed", "one two")]
    [InlineData(null, "migration", "")]
    public void A_finding_is_listed_by_every_workload_that_its_design_showed_it_in(string? policy, string? workload, string listed)
    {
        CandidateCount[] candidates = [Candidate("control", "gup-pin", "zap", 400), Candidate("no-reinit", "gup-pin", "zap", 100, "gup-pin", "mixed"), Candidate("no-reinit", "mixed", "free", 40, "mixed")];
        var query = new FindingQuery(policy, workload, "I12");
        IReadOnlyList<FindingSummary> list = FindingList.Of(s_workups, candidates, null, query);
        Assert.Equal(listed, string.Join(' ', list.Select(f => f.Signature)));
        Assert.All(list, f => Assert.Equal(f.Signature == "one" ? 500 : 40, f.Count));
        Assert.All(list, f => Assert.Equal(policy ?? f.Policy, f.Policy));
        Assert.All(list, f => Assert.Contains(workload ?? f.Workload, f.Workloads!));
        // Nothing is worked up yet: the same, by keys.
        Assert.Equal(policy is null && listed.Contains("one", StringComparison.Ordinal) ? workload is null ? 3 : 2 : list.Count, FindingList.Of([], candidates, null, query).Count);
    }

    [Fact]
    public void The_schedule_that_stands_for_it_is_of_what_was_asked_for_where_there_is_one()
    {
        StoredWorkup[] workups = [Workup("control", "gup-pin", "zap", "one"), Workup("no-reinit", "mixed", "zap", "one")];
        CandidateCount[] candidates = [Candidate("control", "gup-pin", "zap", 1, "gup-pin", "mixed"), Candidate("no-reinit", "mixed", "zap", 1, "mixed")];
        FindingSummary found = Assert.Single(FindingList.Of(workups, candidates, null, new(null, "mixed", null)));
        Assert.Equal(("no-reinit", "mixed"), (found.Policy, found.Workload));
        Assert.Equal(["gup-pin", "mixed"], found.Workloads!);
    }

    /// <summary>A work-up counts its cell alone; what was counted before the end must not shrink with it.</summary>
    [Fact]
    public void The_counts_of_a_campaign_that_is_done_are_its_reports()
    {
        Assert.Equal([500, 40], FindingList.Of(s_workups, [], s_report, FindingQuery.All).Select(f => f.Count));
        Assert.Equal([500], FindingList.Of(s_workups, [], s_report, new("control", null, null)).Select(f => f.Count));
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("no-reinit", null, false)]
    // In no-reinit x mixed the first finding may not be the only one, and in x gup-pin neither.
    [InlineData("no-reinit", "mixed", true)]
    [InlineData("no-reinit", "gup-pin", true)]
    // Control has one finding, and its cells name it.
    [InlineData("control", "gup-pin", false)]
    [InlineData("control", "mixed", false)]
    [InlineData(null, "migration", false)]
    public void The_report_says_enough_or_it_does_not(string? policy, string? workload, bool open) => Assert.Equal(open, s_report.LeavesOpen(new(policy, workload, null)));

    [Fact]
    public void The_first_of_a_cell_is_known_by_the_report_alone()
    {
        StoredWorkup[] lowest = [Workup("no-reinit", "gup-pin", "zap", "one"), Workup("no-reinit", "gup-pin", "free", "two")];
        Assert.Equal("two", Assert.Single(FindingList.Of(lowest, [], s_report, new(null, "mixed", null))).Signature);
    }
}
