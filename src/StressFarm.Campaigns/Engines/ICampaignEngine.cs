namespace StressFarm.Campaigns;

/// <summary>Makes workers.</summary>
public interface ICampaignEngine
{
    ICampaignWorker CreateWorker();
}
