namespace StressFarm.Campaigns;

/// <summary>Where a campaign stands, in the words that API, metrics and tables have for it.</summary>
public static class CampaignWords
{
    public static string Of(CampaignState state) => state switch
    {
        CampaignState.Running => "running",
        CampaignState.Paused => "paused",
        CampaignState.Done => "done",
        CampaignState.Cancelled => "cancelled",
        _ => "failed",
    };

    public static string Of(CampaignPhase phase) => phase switch
    {
        CampaignPhase.Exploring => "exploring",
        CampaignPhase.WorkingUp => "working-up",
        _ => "done",
    };
}
