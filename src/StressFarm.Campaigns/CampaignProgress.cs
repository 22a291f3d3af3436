namespace StressFarm.Campaigns;

/// <summary>What a campaign is doing.</summary>
public enum CampaignPhase : byte
{
    Exploring,
    /// <summary>Shrinking and explaining what was found.</summary>
    WorkingUp,
    Done,
}

/// <summary>How far a campaign is, at one instant.</summary>
/// <param name="StepsHere">steps done by this process; the others were in the ledger</param>
/// <param name="Share">share done of what was asked, 0 to 1</param>
/// <param name="Findings">worked up so far</param>
/// <param name="Candidates">to be worked up</param>
public readonly record struct CampaignProgress(
    CampaignPhase Phase, long Shards, long? ShardsAsked, long Schedules, long Steps, long StepsHere, long Violated,
    double Share, int Findings, int Candidates, TimeSpan Elapsed);
