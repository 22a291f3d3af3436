namespace StressFarm.Campaigns;

/// <summary>The user asked for something that cannot be done: one clear line, exit code 64, nothing lost.</summary>
public sealed class SpecException(string message) : Exception(message);

/// <summary>The infrastructure failed, or two executions of the same thing differ: one clear line, exit code 3.</summary>
public sealed class CampaignFault(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The ledger holds what it cannot hold: nothing that it says may be believed.</summary>
    public bool LedgerDamaged { get; init; }
}
