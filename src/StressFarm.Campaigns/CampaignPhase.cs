namespace StressFarm.Campaigns;

/// <summary>What a campaign is doing.</summary>
public enum CampaignPhase : byte
{
    Exploring,
    /// <summary>Shrinking and explaining what was found.</summary>
    WorkingUp,
    Done,
    /// <summary>Interrupted before it was done.</summary>
    Stopped,
}
