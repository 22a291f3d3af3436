using Orleans.Concurrency;

namespace StressFarm.Grains;

/// <summary>The farm's directory: which campaigns want work, and which silos are there. Key: <see cref="Key"/>. Holds nothing that is not in the store or told again every second.</summary>
[Alias("stressfarm.farm.v1")]
public interface IFarmGrain : IGrainWithStringKey
{
    const string Key = "farm";

    /// <summary>A silo says that it is there; the ids of the campaigns that want work, the oldest first.</summary>
    [Alias("hello"), AlwaysInterleave]
    Task<IReadOnlyList<string>> Hello(Heartbeat heartbeat, CancellationToken cancellation);

    /// <summary>A campaign was entered or taken up again.</summary>
    [Alias("changed"), AlwaysInterleave]
    Task Changed(CancellationToken cancellation);

    /// <summary>The silos heard of lately, with the second each was heard last.</summary>
    [Alias("silos"), AlwaysInterleave]
    Task<IReadOnlyList<(Heartbeat Heartbeat, DateTimeOffset Seen)>> Silos(CancellationToken cancellation);
}

/// <summary>
/// The findings of a campaign for readers: signature, smallest reproducer, counts. Key: the campaign's id. Keeps what it read
/// for a second, so that any number of readers costs the campaign nothing.
/// </summary>
[Alias("stressfarm.findings.v1")]
public interface IFindingsGrain : IGrainWithStringKey
{
    /// <summary>Summaries; null when there is no such campaign.</summary>
    [Alias("list"), AlwaysInterleave]
    Task<Payload?> List(CancellationToken cancellation);

    /// <summary>Summaries of those that have these labels, null for any; null when there is no such campaign.</summary>
    [Alias("matching"), AlwaysInterleave]
    Task<Payload?> Matching(string? policy, string? workload, string? invariant, CancellationToken cancellation);

    /// <summary>One in full; null when there is none.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Payload?> Get(string finding, CancellationToken cancellation);
}
