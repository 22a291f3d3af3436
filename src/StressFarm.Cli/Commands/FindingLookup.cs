using StressFarm.Campaigns;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Commands;

/// <summary>What <c>replay</c> and <c>explain</c> take: a finding's id, looked up in the output folder, or a token.</summary>
internal static class FindingLookup
{
    /// <summary>The longest text that is looked at: tokens carry the choices of a shrunk schedule only.</summary>
    public const int MaxLength = 1 << 20;

    public static bool IsId(string text) => text.StartsWith("F-", StringComparison.OrdinalIgnoreCase);

    /// <summary>The finding with this id.</summary>
    public static Finding ById(string id, string folder)
    {
        if (id.Length > 64) throw new SpecException($"'{id[..40]}…' is no finding's id");
        using SqliteLedger ledger = LedgerFolder.OpenToRead(folder);
        return ledger.FindById(id) ?? throw new SpecException($"there is no finding '{id}' in '{folder}'");
    }

    /// <summary>Replays a token.</summary>
    public static ReplayOutcome Replay(string token)
    {
        if (token.Length == 0 || token.Length > MaxLength) throw new SpecException("that is not a replay token: its length is wrong");
        ReplayOutcome? outcome = Exploration.Evidence.Replay.TryRun(token, out string error);
        return outcome ?? throw new SpecException(error.Length > 300 ? error[..300] + "…" : error);
    }
}
