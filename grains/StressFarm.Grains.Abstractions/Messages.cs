namespace StressFarm.Grains;

/// <summary>A record in the JSON form that the ledger keeps it in: it goes from worker to store as it is.</summary>
[GenerateSerializer, Immutable, Alias("stressfarm.payload.v1")]
public sealed record Payload([property: Id(0)] byte[] Json);

/// <summary>A campaign for those who work on it.</summary>
/// <param name="Request">the campaign file</param>
/// <param name="Hash">the spec's: a worker whose own build makes another spec of the file must not touch it</param>
/// <param name="Running">leases are given</param>
[GenerateSerializer, Immutable, Alias("stressfarm.brief.v1")]
public sealed record CampaignBrief(
    [property: Id(0)] string Id, [property: Id(1)] string Request, [property: Id(2)] string Hash, [property: Id(3)] bool Running);

/// <summary>A lease as it travels.</summary>
/// <param name="Kind">0 explore, 1 verify, 2 work up</param>
/// <param name="Raw">the violation to work up</param>
/// <param name="Input">what names the results of others that the work builds on, for <see cref="ICampaignGrain.Input"/>; null for none</param>
[GenerateSerializer, Immutable, Alias("stressfarm.lease.v1")]
public sealed record WorkLease(
    [property: Id(0)] string Key, [property: Id(1)] long Epoch, [property: Id(2)] byte Kind, [property: Id(3)] long Index,
    [property: Id(4)] int Cell, [property: Id(5)] long Number, [property: Id(6)] ulong FirstSeed, [property: Id(7)] int Count,
    [property: Id(8)] byte[]? Raw, [property: Id(9)] string? Input);

/// <summary>The result of a lease: a shard's record or a finding.</summary>
/// <param name="Fault">instead of a record: why the work cannot be done, a defect of the model; one line</param>
[GenerateSerializer, Immutable, Alias("stressfarm.result.v1")]
public sealed record WorkResult(
    [property: Id(0)] string Key, [property: Id(1)] long Epoch, [property: Id(2)] byte[] Record, [property: Id(3)] string? Fault);

/// <summary>A lease by name, with the schedules done under it.</summary>
[GenerateSerializer, Immutable, Alias("stressfarm.progress.v1")]
public sealed record WorkProgress([property: Id(0)] string Key, [property: Id(1)] long Epoch, [property: Id(2)] long Done);

/// <summary>What a silo's workers tell a campaign, and how much they want.</summary>
/// <param name="Holder">the silo's incarnation: another one after a restart</param>
/// <param name="Wanted">leases at most</param>
/// <param name="WorkUps">of findings at most, when those are what is left to do; null for as many as others</param>
[GenerateSerializer, Immutable, Alias("stressfarm.exchange.v1")]
public sealed record ExchangeRequest(
    [property: Id(0)] string Holder, [property: Id(1)] int Wanted, [property: Id(2)] IReadOnlyList<WorkResult> Results,
    [property: Id(3)] IReadOnlyList<WorkProgress> Progress, [property: Id(4)] IReadOnlyList<WorkProgress> Returned,
    [property: Id(5)] int? WorkUps);

/// <summary>What came of it.</summary>
/// <param name="Fates">one for each result, in order: 0 accepted, 1 the same was there, 2 another was there, 3 refused</param>
/// <param name="Lost">keys whose lease is the silo's no more: stop working on them</param>
/// <param name="Over">the campaign needs no more work</param>
[GenerateSerializer, Immutable, Alias("stressfarm.exchangereply.v1")]
public sealed record ExchangeReply(
    [property: Id(0)] IReadOnlyList<WorkLease> Leases, [property: Id(1)] IReadOnlyList<byte> Fates,
    [property: Id(2)] IReadOnlyList<string> Lost, [property: Id(3)] bool Over);

/// <summary>A silo's sign of life, with what its workers do.</summary>
[GenerateSerializer, Immutable, Alias("stressfarm.heartbeat.v1")]
public sealed record Heartbeat(
    [property: Id(0)] string Holder, [property: Id(1)] string Name, [property: Id(2)] int Workers, [property: Id(3)] int Busy,
    [property: Id(4)] double StepsPerSecond, [property: Id(5)] bool Draining);
