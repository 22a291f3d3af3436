using System.CommandLine;
using StressFarm.Campaigns.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>The farm's campaigns, the newest first.</summary>
internal static class FarmListCommand
{
    private const int Usual = 100, Most = 1000;

    public static Command Create(CliHost host)
    {
        Option<string?> limit = CampaignOptions.One("--limit", "how many");
        return FarmCommand.Asking(host, "list", "list the farm's campaigns, the newest first", async call =>
            call.Show(await call.Client.List(call.Parsed.Whole(limit, 1, Most) ?? Usual, call.Cancellation), FarmJson.Default.IReadOnlyListCampaignStatus, FarmText.Write), limit);
    }
}
