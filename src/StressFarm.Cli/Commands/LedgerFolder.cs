using StressFarm.Campaigns;
using StressFarm.Campaigns.Ledgers;

namespace StressFarm.Cli.Commands;

/// <summary>The output folder of a campaign that is looked at again.</summary>
internal static class LedgerFolder
{
    /// <exception cref="SpecException">there is no ledger</exception>
    public static SqliteLedger OpenToRead(string folder)
    {
        if (File.Exists(folder)) throw new SpecException($"--out: '{folder}' is a file, not a folder");
        return SqliteLedger.OpenToRead(folder);
    }
}
