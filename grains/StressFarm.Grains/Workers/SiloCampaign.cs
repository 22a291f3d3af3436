using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Plans;

namespace StressFarm.Grains.Workers;

/// <summary>What a silo knows of one campaign: its plan, and the leases it has of it. Used by the service's one loop only.</summary>
internal sealed class SiloCampaign
{
    public SiloCampaign(string id, CampaignPlan plan, SectionClient sections, GenerationInputs inputs)
    {
        (Sections, Inputs) = (sections, inputs);
        (Id, Plan) = (id, plan);
        Engine = new LocalEngine(plan.Spec.Geometry);
        Runner = new WorkRunner(plan, Engine);
    }

    public string Id { get; }
    public CampaignPlan Plan { get; }
    public LocalEngine Engine { get; }
    public WorkRunner Runner { get; }
    /// <summary>The sections of a soak.</summary>
    public SectionClient Sections { get; }
    /// <summary>Waiting for a thread or on one, by key.</summary>
    public Dictionary<string, Job> Open { get; } = new(StringComparer.Ordinal);
    /// <summary>Done, and not yet acknowledged by the campaign.</summary>
    public List<Job> Finished { get; } = [];
    /// <summary>What shards build on where the strategy learns.</summary>
    public GenerationInputs Inputs { get; }
    public JobTimes Times { get; } = new();
    /// <summary>To be handed back at the next call.</summary>
    public List<Job> Returned { get; } = [];
    /// <summary>When the campaign is asked again; later after it had nothing, or did not answer.</summary>
    public DateTimeOffset Next { get; set; }
    public DateTimeOffset Spoken { get; set; }
    /// <summary>The call that is under way; null when none is.</summary>
    public SiloCampaignCall? Call { get; set; }
    public int Failures { get; set; }
    public bool Over { get; set; }
    /// <summary>Nothing of it is here any more.</summary>
    public bool IsCleared => Over && Call is null && Open.Count + Finished.Count + Returned.Count == 0;

    /// <summary>No call to it is under way, and it is not left alone for a while.</summary>
    public bool IsAskable(DateTimeOffset now) => Call is null && now >= Next;

    public WorkHeld Held()
    {
        int workUps = Open.Values.Count(j => j.Kind == WorkKind.WorkUp);
        return new(Times, Open.Count - workUps, workUps, Failures > 0 ? Finished.Count : 0, Spoken);
    }
}

/// <summary>What a campaign was sent, and its answer when it comes.</summary>
internal sealed record SiloCampaignCall(Task<ExchangeReply> Reply, Job[] Delivered, Job[] Returned, DateTimeOffset Sent);
