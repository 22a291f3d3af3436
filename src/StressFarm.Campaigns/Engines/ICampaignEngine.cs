namespace StressFarm.Campaigns.Engines;

/// <summary>Makes workers.</summary>
public interface ICampaignEngine
{
    ICampaignWorker CreateWorker();
}
