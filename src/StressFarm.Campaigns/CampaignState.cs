namespace StressFarm.Campaigns;

/// <summary>What a farm's campaign is doing.</summary>
public enum CampaignState : byte
{
    Running,
    /// <summary>No new leases until it is resumed.</summary>
    Paused,
    Done,
    Cancelled,
    /// <summary>It cannot go on; the reason says why.</summary>
    Failed,
}
