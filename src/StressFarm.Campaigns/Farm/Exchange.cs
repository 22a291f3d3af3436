using StressFarm.Campaigns.Leases;

namespace StressFarm.Campaigns.Farm;

/// <summary>A result as a worker sends it.</summary>
/// <param name="Record">the shard's record or the finding, in the ledger's JSON form</param>
/// <param name="Fault">instead: why the work cannot be done, one line</param>
public sealed record WorkReturn(string Key, long Epoch, byte[] Record, string? Fault);

/// <summary>A lease by name, with the schedules done under it.</summary>
public readonly record struct LeaseProgress(string Key, long Epoch, long Done);

/// <summary>What a holder tells a campaign, and how many leases it wants.</summary>
/// <param name="WorkUps">of findings at most, when those are what is left to do; null for as many as others</param>
public sealed record ExchangeOffer(
    string Holder, int Wanted, IReadOnlyList<WorkReturn> Results, IReadOnlyList<LeaseProgress> Progress, IReadOnlyList<LeaseProgress> Returned,
    int? WorkUps = null);

/// <summary>What came of it.</summary>
/// <param name="Fates">one for each result, in order</param>
/// <param name="Lost">keys of leases that are the holder's no more</param>
/// <param name="Over">the campaign needs no more work</param>
public sealed record ExchangeAnswer(IReadOnlyList<Lease> Leases, IReadOnlyList<ResultFate> Fates, IReadOnlyList<string> Lost, bool Over);
