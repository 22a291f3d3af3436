using System.CommandLine;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Specs;
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
        Argument<string> id = FarmCommand.IdArgument();
        Option<string?> from = CampaignOptions.One("--from", "the first shard's place in the campaign's order"), limit = CampaignOptions.One("--limit", "how many lines");
        Command command = FarmCommand.Asking(host, "ledger", "show lines of a campaign's ledger, and whether it adds up", async (client, parsed, json, cancellation) =>
        {
            string campaign = FarmCommand.Id(parsed, id);
            long first = parsed.GetValue(from) is { } text ? Quantities.Whole(new UserValue(text.Trim(), "--from"), 0, long.MaxValue) : 0;
            LedgerPage page = await client.Ledger(campaign, first, FarmCommand.Whole(parsed, limit, 1, Most, Usual), cancellation);
            if (json) FarmJsonOutput.Write(host.Out, page, FarmJson.Default.LedgerPage);
            else FarmText.Write(host.Out, page);
            return page.Balance is { Double: > 0 } ? ExitCode.Fault : ExitCode.Done;
        });
        command.Add(id);
        command.Add(from);
        command.Add(limit);
        return command;
    }
}
