using System.CommandLine;
using StressFarm.Campaigns.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>Lines of a campaign's ledger, and its balance.</summary>
internal static class LedgerCommand
{
    private const int Usual = 20, Most = 1000;

    public static Command Create(CliHost host)
    {
        Option<string?> from = CampaignOptions.One("--from", "the first shard's place in the campaign's order"), limit = CampaignOptions.One("--limit", "how many lines");
        return FarmCommand.AboutCampaign(host, "ledger", "show lines of a campaign's ledger, and whether it adds up", async (call, id) =>
        {
            long first = call.Parsed.Whole(from, 0, long.MaxValue) ?? 0;
            LedgerPage page = await call.Client.Ledger(id, first, call.Parsed.Whole(limit, 1, Most) ?? Usual, call.Cancellation);
            call.Show(page, FarmJson.Default.LedgerPage, FarmText.Write);
            return page.Balance is { Double: > 0 } ? ExitCode.Fault : ExitCode.Done;
        }, from, limit);
    }
}
