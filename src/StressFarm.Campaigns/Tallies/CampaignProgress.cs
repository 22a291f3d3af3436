using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Tallies;

/// <summary>How far a campaign is, at one instant.</summary>
/// <param name="StepsHere">steps done by this process; the others were in the ledger</param>
/// <param name="Share">share done of what was asked, 0 to 1</param>
/// <param name="Left">how long exploring still takes at the pace of this process; null while that is unknown</param>
/// <param name="Findings">worked up so far</param>
/// <param name="Candidates">to be worked up</param>
public readonly record struct CampaignProgress(
    CampaignPhase Phase, long Schedules, long Steps, long StepsHere, long Violated,
    double Share, TimeSpan? Left, int Findings, int Candidates, TimeSpan Elapsed)
{
    /// <summary>Canaries of the shards that count.</summary>
    public CanaryCounts Canaries { get; init; }

    /// <summary>Where programmes are searched: what that came to so far; null otherwise.</summary>
    public SearchCounts? Search { get; init; }

    /// <summary>Of a soak: epochs done, and how long ago the last checkpoint was written; null otherwise.</summary>
    public (long Epochs, TimeSpan SinceCheckpoint)? Soak { get; init; }
}
