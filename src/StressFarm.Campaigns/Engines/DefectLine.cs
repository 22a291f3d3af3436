using System.Globalization;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Engines;

/// <summary>What must never happen, in a line: the same words whoever ran the campaign.</summary>
internal static class DefectLine
{
    /// <summary>What follows a shard that the ledger knows with another digest.</summary>
    public const string OtherDigest = "gave another digest than the one in the ledger";

    public static string Of(CampaignPlan plan, Shard shard, string what)
    {
        PlannedCell cell = plan.Cells[shard.Cell];
        return string.Create(CultureInfo.InvariantCulture, $"shard {shard.Number} of {cell.Policy.Name} × {cell.Workload.Id} (seeds from {shard.FirstSeed}) {what}");
    }

    /// <summary>A violation did not come again when it was worked up.</summary>
    public static string NotRecurred(PlannedCell cell, RawFinding raw) =>
        FailureLocator.Describe(cell, raw.LowestSeed, raw.Key, "a violation did not recur at its own seed");

    /// <summary>Schedules gave two digests on one machine; null when none did.</summary>
    public static string? NotDeterministic(CampaignTally tally) => tally.Cells.Sum(c => c.DeterminismMismatches) is > 0 and var mismatches
        ? string.Create(CultureInfo.InvariantCulture, $"the determinism self-check failed: {mismatches} schedules gave another digest when run again") : null;
}
