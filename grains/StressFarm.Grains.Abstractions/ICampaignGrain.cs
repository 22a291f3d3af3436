using Orleans.Concurrency;

namespace StressFarm.Grains;

/// <summary>
/// A campaign: its spec, its shards and who works on them, its totals and verdicts. Key: the campaign's id. State is in the
/// store before a lease is given or a result acknowledged, so it survives its silo and a restart of the whole farm.
/// </summary>
[Alias("stressfarm.campaign.v1")]
public interface ICampaignGrain : IGrainWithStringKey
{
    /// <summary>
    /// The one call between a silo's workers and the campaign: results, progress and work handed back go in, new leases come
    /// out. Idempotent: after a call that failed the same results may be sent again.
    /// </summary>
    [Alias("exchange")]
    Task<ExchangeReply> Exchange(ExchangeRequest request, CancellationToken cancellation);

    /// <summary>What a worker must know to do the campaign's work; null when there is no such campaign.</summary>
    [Alias("describe"), AlwaysInterleave]
    Task<CampaignBrief?> Describe(CancellationToken cancellation);

    /// <summary>How far it is; null when there is no such campaign.</summary>
    [Alias("status"), AlwaysInterleave]
    Task<Payload?> Status(CancellationToken cancellation);

    /// <summary>What looks alike so far, unshrunk: the findings before they are worked up.</summary>
    [Alias("candidates"), AlwaysInterleave]
    Task<Payload?> Candidates(CancellationToken cancellation);

    /// <summary>What a generation's shards of a cell build on, the same for all of them; null when it is not kept any more.</summary>
    /// <param name="firstSeed">of any of its shards</param>
    [Alias("input"), AlwaysInterleave]
    Task<Payload?> Input(int cell, ulong firstSeed, CancellationToken cancellation);

    /// <summary>Pauses, resumes or cancels; also wakes a campaign up. Its status afterwards; null when there is none.</summary>
    [Alias("steer")]
    Task<Payload?> Steer(Steering steering, CancellationToken cancellation);
}

/// <summary>What a user asks of a campaign.</summary>
[GenerateSerializer, Alias("stressfarm.steering.v1")]
public enum Steering : byte
{
    Wake,
    Pause,
    Resume,
    Cancel,
}
