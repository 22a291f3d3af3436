namespace StressFarm.Campaigns.Ledgers;

/// <summary>The ledger's balance (<see cref="LedgerAudit"/>).</summary>
/// <param name="Planned">shards asked for; of those that count, when steps or time decide</param>
public sealed record LedgerSummary(long Planned, long Executed, long Lost, long Double);
